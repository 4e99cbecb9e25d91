// What the tests of the edge share: requests to the Worker under test, publishing, and reading back what it stored.

import {
  createExecutionContext,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv, LoggedEvent } from "../../edge/index.ts";
import type { SmallRelease } from "../harness/small-release.ts";

/** The edge's origin in the tests. */
export const ORIGIN = "http://edge.test";

/** A request to the Worker. */
export function call(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(ORIGIN + path, init));
}

/** A request with the publish secret. */
export function publisher(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${env.PUBLISH_SECRET}`);
  return call(path, { ...init, headers });
}

/** A JSON post. */
export function post(path: string, body: unknown): Promise<Response> {
  return call(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
}

/** Expects an error of the wire shape and returns its path. */
export async function expectError(answer: Response, status: number, code: string): Promise<string | undefined> {
  const body: { error?: { code: string; message: string; path?: string } } = await answer.json();
  expect({ status: answer.status, code: body.error?.code, message: body.error?.message }).toEqual({
    status,
    code,
    message: expect.stringMatching(/\S/),
  });
  return body.error?.path;
}

/** Uploads the files of a release, all or those that `only` lets pass. */
export async function uploadBlobs({ blobs }: SmallRelease, only: (sha256: string) => boolean = () => true) {
  for (const [sha256, bytes] of blobs) {
    if (!only(sha256)) continue;
    const answer = await publisher(`/v1/blobs/${sha256}`, { method: "PUT", body: bytes });
    expect([200, 201]).toContain(answer.status);
  }
}

/** Uploads files and release.json. */
export async function publish(small: SmallRelease): Promise<void> {
  await uploadBlobs(small);
  const answer = await publisher(`/v1/releases/${small.release.id}`, { method: "PUT", body: small.json });
  expect([200, 201]).toContain(answer.status);
}

/** Points the channel at a release. */
export function activate(release: string, expectSequence: number, channel = "stable"): Promise<Response> {
  return publisher(`/v1/channels/${channel}`, {
    method: "POST",
    body: JSON.stringify({ action: "activate", release, expect: expectSequence }),
  });
}

/** Publishes and activates on a fresh edge. */
export async function goLive(small: SmallRelease, expectSequence = 0): Promise<void> {
  await publish(small);
  const answer = await activate(small.release.id, expectSequence);
  expect(answer.status, await answer.text()).toBe(200);
}

/** Stubs of all event stores that exist. */
export async function eventStores() {
  const ids = await listDurableObjectIds(env.EVENT_STORE);
  return ids.map((id) => env.EVENT_STORE.get(id));
}

/** How many event ids the stores know. */
export async function knownEvents(): Promise<number> {
  const counts = await Promise.all(
    (await eventStores()).map((stub) =>
      runInDurableObject(
        stub,
        (_, state) => state.storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM events").one().n,
      ),
    ),
  );
  return counts.reduce((sum, each) => sum + each, 0);
}

/** An edge without a queue, where 202 comes after the insert: a JSON post to it. */
export function postDirect(
  path: string,
  body: unknown,
  options: { now?: number; bindings?: Partial<EdgeEnv> } = {},
): Promise<Response> {
  const { now = Date.now(), bindings } = options;
  const { EVENT_QUEUE: _, ...direct } = env;
  const request = new Request(ORIGIN + path, { method: "POST", body: JSON.stringify(body) });
  return createEdge({ now: () => now }).fetch(request, { ...direct, ...bindings }, createExecutionContext());
}

/** Runs the alarms of all stores, so that what waits is written. */
export async function runAlarms(): Promise<void> {
  for (const stub of await eventStores()) await runDurableObjectAlarm(stub);
}

/** Every event in the bucket, by part. */
export async function loggedParts(): Promise<Map<string, LoggedEvent[]>> {
  const { objects } = await env.BUCKET.list({ prefix: "events/" });
  const parts = new Map<string, LoggedEvent[]>();
  for (const { key } of objects) {
    const object = await env.BUCKET.get(key);
    const plain = object!.body.pipeThrough(new DecompressionStream("gzip"));
    const lines = (await new Response(plain).text()).trim().split("\n");
    parts.set(
      key,
      lines.map((line) => JSON.parse(line) as LoggedEvent),
    );
  }
  return parts;
}
