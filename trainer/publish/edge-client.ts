/** The publisher's side of the edge's API: blobs, releases, channels. Every refusal becomes a NearfeedError. */
import { type Channel, type ChannelAction, parseChannel } from "../../shared/channel.ts";
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";

export interface EdgeClient {
  /** Undefined where there is no such channel yet. */
  channel(name: string): Promise<Channel | undefined>;
  hasBlob(file: ReleaseFile): Promise<boolean>;
  putBlob(file: ReleaseFile, bytes: Uint8Array): Promise<void>;
  putRelease(release: Release): Promise<void>;
  change(channel: string, action: ChannelAction): Promise<Channel>;
}

export interface EdgeOptions {
  /** Base address. */
  readonly edge: string;
  /** The publish secret. */
  readonly secret: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal;
}

/** An answer, read to its end. */
interface Answer extends Pick<Response, "ok" | "status" | "headers"> {
  readonly text: string;
}

export function createEdgeClient({ edge, secret, fetch, signal }: EdgeOptions): EdgeClient {
  async function call(path: string, init: RequestInit = {}): Promise<Answer> {
    const url = new URL(path, edge);
    const timeout = AbortSignal.timeout(init.body instanceof Uint8Array ? UPLOAD_TIMEOUT_MS : ANSWER_TIMEOUT_MS);
    const headers = { Authorization: `Bearer ${secret}`, ...(init.headers as Record<string, string> | undefined) };
    try {
      // Nothing of Nearfeed redirects, and the secret is for this address alone.
      const ends = AbortSignal.any([timeout, ...(signal ? [signal] : [])]);
      const answer = await fetch(url, { ...init, headers, redirect: "manual", signal: ends });
      return { ok: answer.ok, status: answer.status, headers: answer.headers, text: await answer.text() };
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (timeout.aborted) throw unreachable("no answer in time", cause);
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw unreachable(reason, cause);
    }
  }

  function unreachable(reason: string, cause: unknown): NearfeedError {
    return new NearfeedError("edge_failed", `The edge ${edge} cannot be reached: ${reason}`, {
      path: "--edge",
      hint: "Is the address right and the edge running?",
      cause,
    });
  }

  function parsed<T>(body: unknown, parse: (body: unknown) => T): T {
    try {
      return parse(body);
    } catch (cause) {
      if (!(cause instanceof NearfeedError)) throw cause;
      throw new NearfeedError("edge_failed", `${edge} does not answer as an edge of Nearfeed: ${cause.message}`, {
        path: "--edge",
        hint: "Is the address right, and the edge of the same version?",
        cause,
      });
    }
  }

  return {
    async channel(name) {
      const answer = await call(ROUTES.channel(name));
      if (answer.status === 404 && refusalOf(answer)?.code === "unknown_channel") return undefined;
      return parsed(jsonOf(answer, `read channel ${name}`), parseChannel);
    },
    async hasBlob(file) {
      const answer = await call(ROUTES.blob(file.sha256), { method: "HEAD" });
      return answer.ok && Number(answer.headers.get("content-length")) === file.bytes;
    },
    async putBlob(file, bytes) {
      jsonOf(
        await call(ROUTES.blob(file.sha256), { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> }),
        `store ${file.name}`,
      );
    },
    async putRelease(release) {
      const body = JSON.stringify(release);
      jsonOf(
        await call(ROUTES.release(release.id), { method: "PUT", body, headers: JSON_TYPE }),
        `store release ${release.id}`,
      );
    },
    async change(channel, action) {
      const answer = await call(ROUTES.channel(channel), {
        method: "POST",
        body: JSON.stringify(action),
        headers: JSON_TYPE,
      });
      return parsed(jsonOf(answer, `${action.action} on channel ${channel}`), parseChannel);
    },
  };
}

/** A file of 32 MB over a slow line. */
const UPLOAD_TIMEOUT_MS = 600_000;

/** Everything else is small; an edge that is silent for longer is not there. */
const ANSWER_TIMEOUT_MS = 30_000;

const JSON_TYPE = { "Content-Type": "application/json" };

function jsonOf(answer: Answer, what: string): unknown {
  if (answer.ok) return parseJson(answer.text);
  const refused = refusalOf(answer);
  throw new NearfeedError(
    "edge_failed",
    `The edge refused to ${what}: ${refused ? `${refused.code}: ${refused.message}` : `HTTP ${answer.status}`}`,
    { path: refused?.path, hint: refused?.hint, cause: refused },
  );
}

function refusalOf(answer: Answer): NearfeedError | undefined {
  return errorFromBody(parseJson(answer.text));
}

/** Undefined where a text is not JSON: it then comes from something else than an edge. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
