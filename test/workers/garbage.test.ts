import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { SPARED_MS } from "../../edge/publish/collect-garbage.ts";
import { blobKey, releaseKey } from "../../edge/publish/keys.ts";
import { garbageStep } from "../../shared/garbage.ts";
import type { GarbageRequest, GarbageStep } from "../../shared/garbage.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { smallRelease } from "../harness/small-release.ts";
import { activate, call, expectError, goLive, ORIGIN, publish, publisher, uploadBlobs } from "./edge.ts";

beforeEach(reset);

const [oldest, before, active, canary] = await Promise.all(
  [1, 2, 3, 4].map((seed) => smallRelease({ createdAt: seed, seed })),
);
/** Has the files of `active`, and is another release. */
const twin = await smallRelease({ createdAt: 9, seed: 3 });

/** A day and an hour from now everything that is stored now is old. */
const LATER = SPARED_MS + 3_600_000;

async function gc(body: GarbageRequest = {}, afterMs = LATER, bucket = env.BUCKET): Promise<Response> {
  const headers = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };
  const request = new Request(`${ORIGIN}/v1/gc`, { method: "POST", body: JSON.stringify(body), headers });
  return createEdge({ now: () => Date.now() + afterMs }).fetch(
    request,
    { ...env, BUCKET: bucket },
    createExecutionContext(),
  );
}

/** All steps. @returns what was deleted */
async function collect(options: { dryRun?: boolean; afterMs?: number } = {}): Promise<string[]> {
  const { dryRun, afterMs } = options;
  const deleted: string[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const answer = await gc({ ...(after !== undefined && { after }), ...(dryRun && { dryRun }) }, afterMs);
    expect(answer.status).toBe(200);
    const step: GarbageStep = garbageStep(await answer.json(), "");
    deleted.push(...step.deleted);
    after = step.next;
  }
  return deleted.sort();
}

const keysOf = (...all: SmallRelease[]) =>
  [...new Set(all.flatMap(({ release, blobs }) => [releaseKey(release.id), ...[...blobs.keys()].map(blobKey)]))].sort();

/** What only the oldest release has: some files are the same in all of them. */
const garbage = keysOf(oldest!).filter((key) => !keysOf(before!, active!, canary!).includes(key));

async function stored(): Promise<string[]> {
  const { objects } = await env.BUCKET.list();
  return objects
    .map(({ key }) => key)
    .filter((key) => !key.startsWith("channels/"))
    .sort();
}

async function liveWithCanary(): Promise<void> {
  for (const [i, each] of [oldest!, before!, active!].entries()) await goLive(each, i);
  await publish(canary!);
  const action = { action: "canary", release: canary!.release.id, percent: 1, expect: 3 };
  await publisher("/v1/channels/stable", { method: "POST", body: JSON.stringify(action) });
}

test("what is active, previous or a canary of any channel stays whole, and the rest goes", async () => {
  await liveWithCanary();
  const other = await smallRelease({ createdAt: 5, seed: 5 });
  await publish(other);
  expect((await activate(other.release.id, 0, "testing")).status).toBe(200);
  expect(await collect()).toEqual(garbage);
  expect(await stored()).toEqual(keysOf(before!, active!, canary!, other));
  expect(await collect()).toEqual([]);
  for (const { release } of [before!, active!, canary!, other]) {
    expect((await call(`/v1/${release.id}/similar/item-1`)).status).toBe(200);
  }
  expect((await activate(oldest!.release.id, 4)).status).toBe(404);
});

test("a file that a served release shares with one that goes stays", async () => {
  await publish(twin);
  await goLive(active!);
  expect(await collect()).toEqual([releaseKey(twin.release.id)]);
  expect(await stored()).toEqual(keysOf(active!));
});

test("files of a publish that broke off go, after a day and not before", async () => {
  await goLive(active!);
  const [first, second] = [...before!.blobs.keys()];
  await uploadBlobs(before!, (sha256) => sha256 === first || sha256 === second);
  expect(await collect({ afterMs: SPARED_MS - 60_000 })).toEqual([]);
  const alone = [first!, second!].map(blobKey).filter((key) => !keysOf(active!).includes(key));
  expect(alone.length).toBeGreaterThan(0);
  expect(await collect()).toEqual(alone.sort());
});

test("a release that is published again is as young as a new one", async () => {
  await goLive(active!);
  await publish(before!);
  const age = async () => (await env.BUCKET.head(releaseKey(before!.release.id)))!.uploaded.getTime();
  const first = await age();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await publish(before!);
  expect(await age()).toBeGreaterThan(first);
});

test("a dry run says the same and deletes nothing", async () => {
  await liveWithCanary();
  const whole = await stored();
  const said = await collect({ dryRun: true });
  expect(said).toEqual(garbage);
  expect(await stored()).toEqual(whole);
  expect(await collect()).toEqual(said);
});

test("it can be cut off after any step, and taken up there or begun anew", async () => {
  await liveWithCanary();
  const first = garbageStep(await (await gc()).json(), "");
  expect(first).toMatchObject({ deleted: [releaseKey(oldest!.release.id)], next: "blobs/" });
  // Half there, it is nothing to activate; published again it is whole.
  expect((await activate(oldest!.release.id, 4)).status).toBe(404);
  expect(await collect()).toEqual(garbage.filter((key) => key.startsWith("blobs/")));
  await publish(oldest!);
  expect((await activate(oldest!.release.id, 4)).status).toBe(200);
});

test("more than a page of files takes several steps", async () => {
  await goLive(active!);
  const junk = Array.from({ length: 1_100 }, (_, i) => blobKey(i.toString(16).padStart(64, "0")));
  for (let i = 0; i < junk.length; i += 50)
    await Promise.all(junk.slice(i, i + 50).map((key) => env.BUCKET.put(key, "")));
  const first = garbageStep(await (await gc({ after: "blobs/" })).json(), "");
  expect([first.looked, first.deleted.length > 900, first.next?.startsWith("blobs/")]).toEqual([1_000, true, true]);
  const rest = await collect();
  expect([...first.deleted, ...rest].sort()).toEqual(junk.sort());
}, 30_000);

test("where a release cannot be read, nobody knows what it names, and no file goes", async () => {
  await liveWithCanary();
  await env.BUCKET.put(releaseKey(canary!.release.id), "{");
  expect((await gc()).status).toBe(200);
  await expectError(await gc({ after: "blobs/" }), 503, "bad_release");
  for (const key of keysOf(before!, active!, canary!, oldest!).filter((each) => each.startsWith("blobs/"))) {
    expect(await env.BUCKET.head(key)).not.toBeNull();
  }
});

test("two collections at once do not get into each other's way: one of them is told to wait", async () => {
  await liveWithCanary();
  await env.BUCKET.put(`condemned/${Date.now() + LATER}-another.json`, '["blobs/x"]');
  const refused = await gc();
  expect(refused.headers.get("Retry-After")).toMatch(/^\d+$/);
  await expectError(refused, 503, "unavailable");
  // The other one has died: an hour later it is over, and leaves nothing behind.
  expect(await collect({ afterMs: LATER + 2 * 3_600_000 })).toEqual(garbage);
  expect(await stored()).toEqual(keysOf(before!, active!, canary!));
});

test("what is being deleted can be published, activated and stored again once that is over", async () => {
  await liveWithCanary();
  const [sha256] = oldest!.blobs.keys();
  const flag = `condemned/${Date.now()}-now.json`;
  await env.BUCKET.put(flag, JSON.stringify(keysOf(oldest!)));
  await expectError(await activate(oldest!.release.id, 4), 503, "unavailable");
  const path = `/v1/releases/${oldest!.release.id}`;
  await expectError(await publisher(path, { method: "PUT", body: oldest!.json }), 503, "unavailable");
  const put = { method: "PUT", body: oldest!.blobs.get(sha256!)! };
  await expectError(await publisher(`/v1/blobs/${sha256}`, put), 503, "unavailable");
  await env.BUCKET.delete(flag);
  await publish(oldest!);
  expect((await activate(oldest!.release.id, 4)).status).toBe(200);
  expect((await env.BUCKET.list({ prefix: "claims/" })).objects).toEqual([]);
});

test("a file that is stored between the last look at it and its deletion is not said to be stored", async () => {
  await goLive(active!);
  const [sha256, bytes] = [...oldest!.blobs].find(([each]) => garbage.includes(blobKey(each)))!;
  const put = () => publisher(`/v1/blobs/${sha256}`, { method: "PUT", body: bytes });
  await put();
  const answers: Response[] = [];
  const bucket = new Proxy(env.BUCKET, {
    get: (real, name) =>
      name === "delete"
        ? async (keys: string | string[]) => {
            if (keys.includes(blobKey(sha256))) answers.push(await put());
            return real.delete(keys);
          }
        : (real[name as "list"] as typeof real.list).bind(real),
  });
  expect((await gc({ after: "blobs/" }, LATER, bucket)).status).toBe(200);
  expect(answers).toHaveLength(1);
  await expectError(answers[0]!, 503, "unavailable");
  expect((await put()).status).toBe(201);
});

test("it is for whoever has the secret, and refuses what is no place in the bucket", async () => {
  await expectError(await call("/v1/gc", { method: "POST", body: "{}" }), 401, "unauthorized");
  for (const after of ["events/", "channels/", "x"])
    expect(await expectError(await gc({ after }), 400, "bad_value")).toBe("after");
});
