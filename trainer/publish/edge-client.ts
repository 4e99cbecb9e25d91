/** The publisher's side of the edge's API: blobs, releases, channels. Every refusal becomes a NearfeedError. */
import { type Channel, type ChannelAction, parseChannel } from "../../shared/channel.ts";
import {
  type Manifest,
  parseManifest,
  parseVectorsAnswer,
  ROUTES,
  type VectorsAnswer,
  type VectorsRequest,
} from "../../shared/protocol.ts";
import type { Release, ReleaseBlob } from "../../shared/release.ts";
import { createEdgeConnection, type EdgeOptions, refusalOf, TRANSFER_TIMEOUT_MS } from "./edge-connection.ts";

export interface EdgeClient {
  /** Undefined where there is no such channel yet. */
  channel(name: string): Promise<Channel | undefined>;
  /** What devices follow. */
  manifest(channel: string): Promise<Manifest>;
  hasBlob(blob: ReleaseBlob): Promise<boolean>;
  /** The bytes of a blob, as they came. @param name of the file that it is of, for messages */
  blob(blob: ReleaseBlob, name: string): Promise<Uint8Array>;
  /** @param name of the file that it is of, for messages */
  putBlob(blob: ReleaseBlob, bytes: Uint8Array, name: string): Promise<void>;
  putRelease(release: Release): Promise<void>;
  /** One step of putting a release's vectors into the index of the edge. */
  putVectors(release: string, from: number): Promise<VectorsAnswer>;
  change(channel: string, action: ChannelAction): Promise<Channel>;
}

const JSON_TYPE = { "Content-Type": "application/json" };

export function createEdgeClient(options: EdgeOptions): EdgeClient {
  const { call, read, check } = createEdgeConnection(options);
  return {
    async channel(name) {
      const answer = await call(ROUTES.channel(name));
      if (answer.status === 404 && refusalOf(answer)?.code === "unknown_channel") return undefined;
      return read(answer, `read channel ${name}`, parseChannel);
    },
    async manifest(name) {
      return read(await call(ROUTES.manifest(name)), `send the manifest of ${name}`, parseManifest);
    },
    async hasBlob({ sha256, bytes }) {
      const answer = await call(ROUTES.blob(sha256), { method: "HEAD" });
      return answer.ok && Number(answer.headers.get("content-length")) === bytes;
    },
    async blob({ sha256 }, name) {
      const answer = await call(ROUTES.blob(sha256), { timeoutMs: TRANSFER_TIMEOUT_MS });
      check(answer, `send ${name}`);
      return answer.bytes;
    },
    async putBlob({ sha256 }, bytes, name) {
      const body = bytes as Uint8Array<ArrayBuffer>;
      const answer = await call(ROUTES.blob(sha256), { method: "PUT", body, timeoutMs: TRANSFER_TIMEOUT_MS });
      check(answer, `store ${name}`);
    },
    async putRelease(release) {
      const body = JSON.stringify(release);
      // The edge reads the files before it answers.
      const request = { method: "PUT", body, headers: JSON_TYPE, timeoutMs: TRANSFER_TIMEOUT_MS };
      const answer = await call(ROUTES.release(release.id), request);
      check(answer, `store release ${release.id}`);
    },
    async putVectors(release, from) {
      const body = JSON.stringify({ from } satisfies VectorsRequest);
      const init = { method: "POST", body, headers: JSON_TYPE, timeoutMs: TRANSFER_TIMEOUT_MS };
      return read(await call(ROUTES.vectors(release), init), `store the vectors of ${release}`, parseVectorsAnswer);
    },
    async change(channel, action) {
      const body = JSON.stringify(action);
      const answer = await call(ROUTES.channel(channel), { method: "POST", body, headers: JSON_TYPE });
      return read(answer, `${action.action} on channel ${channel}`, parseChannel);
    },
  };
}
