// Events under load, in short; `npm run bench -- ingest-events` has millions. The queue refuses a seventh of what it is sent,
// and of every other refusal it has taken the message all the same.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "../../bench/ingest-events.ts";
import { runIngest } from "../../bench/ingest/run-ingest.ts";
import type { Ingested } from "../../bench/ingest/run-ingest.ts";
import { createTraffic } from "../../bench/ingest/traffic.ts";
import { type LocalEdge, startLocalEdge } from "../harness/local-edge.ts";
import { activateSmall, publishSmall } from "../harness/publish-small.ts";
import { seeded, smallRelease } from "../harness/small-release.ts";

const EVENTS = 6_000;
const RUN_LIMIT_MS = 240_000;

let folder: string;
let edge: LocalEdge | undefined;
let ingested: Ingested;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-ingest-"));
  edge = await startLocalEdge({ state: folder, secret: "secret of the ingest", queue: true, refusing: true });
  const small = await smallRelease({ items: 300, dim: 16 });
  await publishSmall(edge, small);
  await activateSmall(edge, small.release.id, 0);
  const { id: release, regions } = small.release;
  const traffic = createTraffic({ release, items: small.ids, regions, people: 500, random: seeded(5) });
  ingested = await runIngest(edge, traffic, { events: EVENTS, each: 30 });
}, RUN_LIMIT_MS);
afterAll(async () => {
  await edge?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("what the queue refuses is answered 503 with Retry-After, and sent again it is in the log once", () => {
  expect(ingested.refused).toBeGreaterThan(20);
  expect(ingested).toMatchObject({ events: EVENTS, refusedWithoutWait: 0, lost: 0, doubled: 0 });
});

test("what trends is then the exact count, but for its rounding", () => {
  expect(ingested.trending.map(({ items }) => items)).not.toContain(0);
  expect(() => check(ingested)).not.toThrow();
});

test("and a count that is off, an event that is lost or one that is doubled would be told", () => {
  const [first, ...rest] = ingested.trending;
  const off = { ...first!, error: 0.2 + first!.top / 100 };
  expect(() => check({ ...ingested, trending: [off, ...rest] })).toThrow("what trends");
  expect(() => check({ ...ingested, lost: 1 })).toThrow("lost");
  expect(() => check({ ...ingested, doubled: 1 })).toThrow("doubled");
});
