// A small world for the tests of interleavings: four releases, two isolates of the edge, and a look at the bucket that no
// edge is between.

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createEdge } from "../../../edge/index.ts";
import { blobKey, channelKey, releaseKey } from "../../../edge/publish/keys.ts";
import { decodeCandidates } from "../../../shared/candidates-file.ts";
import { parseChannel } from "../../../shared/channel.ts";
import type { Channel } from "../../../shared/channel.ts";
import { HEADERS, parseManifest, ROUTES } from "../../../shared/protocol.ts";
import { parseRelease, releaseFiles } from "../../../shared/release.ts";
import { smallRelease, text } from "../../harness/small-release.ts";
import type { SmallRelease } from "../../harness/small-release.ts";
import { ORIGIN } from "../edge.ts";

const ITEMS = 30;
const DIM = 4;
const RELEASES = 4;
const CANDIDATES = 20;

/** Releases that differ in every vector. */
export const releases = await Promise.all(
  Array.from({ length: RELEASES }, (_, i) => smallRelease({ items: ITEMS, dim: DIM, seed: i + 1, createdAt: i + 1 })),
);
const byId = new Map(releases.map((each) => [each.release.id, each]));

/** An isolate: what it remembers is gone with it. */
export type Isolate = ReturnType<typeof createEdge>;

/** After so long, whatever lies in the bucket may be garbage: a day, and an hour. */
export const LATER_MS = 25 * 3_600_000;

/** What is asked for with the publish secret. */
export interface Asked {
  readonly path: string;
  readonly method?: "GET" | "POST" | "PUT";
  readonly body?: string | Uint8Array;
}

/** Asks an isolate, whose bucket may be another than that of the environment. */
export function ask(isolate: Isolate, { path, method = "GET", body }: Asked, bucket = env.BUCKET): Promise<Response> {
  const bytes = typeof body === "string" ? text.encode(body) : body;
  const headers = { Authorization: `Bearer ${env.PUBLISH_SECRET}`, "Content-Length": String(bytes?.length ?? 0) };
  const request = new Request(ORIGIN + path, { method, headers, body: bytes === undefined ? null : streamOf(bytes) });
  return isolate.fetch(request, { ...env, BUCKET: bucket }, createExecutionContext());
}

/** A body as it comes from outside: the stream of one that was made here is another kind, which the edge never meets. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice());
      controller.close();
    },
  });
}

/** Collects garbage to the end, at a time at which nothing is young. @returns the status of the last step */
export async function collectGarbage(isolate: Isolate, bucket = env.BUCKET): Promise<number> {
  for (let after: string | undefined; ;) {
    const body = JSON.stringify(after === undefined ? {} : { after });
    const answer = await ask(isolate, { path: ROUTES.garbage(), method: "POST", body }, bucket);
    const { next } = await answer.json<{ next?: string | null }>();
    if (!answer.ok || typeof next !== "string") return answer.status;
    after = next;
  }
}

/** All requests of a publish, in order. */
export function publishRequests({ release, json, blobs }: SmallRelease): Asked[] {
  const files = [...blobs].map(([sha256, body]) => ({ path: ROUTES.blob(sha256), method: "PUT" as const, body }));
  return [...files, { path: ROUTES.release(release.id), method: "PUT", body: json }];
}

/** Empties the bucket. */
export async function emptyBucket(): Promise<void> {
  const { objects } = await env.BUCKET.list();
  if (objects.length > 0) await env.BUCKET.delete(objects.map(({ key }) => key));
}

/** The channel as it lies in the bucket, null where there is none. */
export async function channelInBucket(): Promise<Channel | null> {
  const object = await env.BUCKET.get(channelKey("stable"));
  return object === null ? null : parseChannel(await object.json());
}

/** @throws Error where a channel points at something that is not whole */
export async function checkTargets({ release, previous }: Channel): Promise<void> {
  for (const id of [release, previous]) if (id !== null) await checkWhole(id);
}

/** Whether the bucket has the release. @throws Error where it has it without all of its files */
export async function isPublished(id: string): Promise<boolean> {
  if ((await env.BUCKET.head(releaseKey(id))) === null) return false;
  await checkWhole(id);
  return true;
}

async function checkWhole(id: string): Promise<void> {
  const object = await env.BUCKET.get(releaseKey(id));
  if (object === null) throw new Error(`the channel points at ${id}, which is not there`);
  for (const { name, sha256, bytes } of releaseFiles(parseRelease(await object.json()))) {
    const size = (await env.BUCKET.head(blobKey(sha256)))?.size;
    if (size !== bytes) throw new Error(`${name} of ${id} has ${size} of ${bytes} bytes`);
  }
}

/** What a device reads: the channel, and candidates of its release. @throws Error where any of it is of two releases */
export async function readAsDevice(isolate: Isolate, bucket = env.BUCKET): Promise<Channel | null> {
  const answer = await ask(isolate, { path: ROUTES.manifest("stable") }, bucket);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`the manifest was answered ${answer.status}: ${await answer.text()}`);
  const { channel, release } = parseManifest(await answer.json());
  if (release.id !== channel.release) throw new Error("the manifest has another release than its channel");
  await readCandidates(isolate, release.id, bucket);
  return channel;
}

/** Asks for candidates of a release. @returns the status @throws Error where they are not all of that release */
export async function readCandidates(isolate: Isolate, id: string, bucket = env.BUCKET): Promise<number> {
  const { columns } = byId.get(id)!;
  const body = JSON.stringify({ space: "test-space", queries: [[0.5, -0.25, 0.125, 1]], count: CANDIDATES });
  const answer = await ask(isolate, { path: ROUTES.retrieve(id), method: "POST", body }, bucket);
  if (!answer.ok) {
    await answer.body?.cancel();
    return answer.status;
  }
  if (answer.headers.get(HEADERS.release) !== id) throw new Error("candidates of another release, by their header");
  const found = decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
  if (found.row.length !== CANDIDATES) throw new Error(`${found.row.length} candidates, not ${CANDIDATES}`);
  found.row.forEach((row, at) => {
    for (let j = 0; j < DIM; j++) {
      if (found.columns.vectors[at * DIM + j] === columns.vectors[row * DIM + j]) continue;
      throw new Error(`candidate ${at} has not the vector of row ${row} of ${id}`);
    }
  });
  return answer.status;
}
