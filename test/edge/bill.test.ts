// `nearfeed estimate` against counters taken at the edge while the day that it estimates is played in small, in every mode
// at once, each on an edge of its own.
import { afterAll, beforeAll, expect, test } from "vitest";
import { playDay } from "../../bench/bill/play.ts";
import type { Day } from "../../bench/bill/play.ts";
import { createAsker } from "../../bench/bill/measure-requests.ts";
import { startMeteredEdge, total } from "../../bench/bill/metered-edge.ts";
import type { Meter } from "../../bench/bill/metered-edge.ts";
import { catalogueOf } from "../../trainer/estimate/catalogue.ts";
import { MEASURED } from "../../trainer/estimate/measured.ts";
import { operationsOf } from "../../trainer/estimate/operations.ts";
import type { Operations } from "../../trainer/estimate/operations.ts";
import { MODES, trafficOf } from "../../trainer/estimate/workload.ts";
import type { Mode, Workload } from "../../trainer/estimate/workload.ts";
import { cellCount } from "../../trainer/items/cells.ts";
import { type SmallRelease, smallRelease } from "../harness/small-release.ts";

/** How far the estimate may be from what was counted. */
const WITHIN = 0.1;
const SECONDS = 30;
const PLAY_LIMIT_MS = 240_000;

const WORKLOAD: Workload = {
  people: 20,
  sessions: 2,
  minutes: 2,
  cards: 16,
  views: 4,
  likes: 2,
  full: 1,
  fresh: 0.5,
  releases: 0,
  regions: 0,
};

/** A day that takes so much longer than it should was played on a machine that is busy otherwise. */
const KEPT_PACE = 1.03;

interface Played {
  readonly counted: Meter;
  readonly estimated: Operations;
  readonly keptPace: boolean;
}

let small: SmallRelease;
const played = {} as Record<Mode, Played>;

beforeAll(async () => {
  const items = 3_000;
  small = await smallRelease({ items, dim: MEASURED.release.dim, cells: cellCount(items) });
  await Promise.all(MODES.map(async (mode) => (played[mode] = await play(mode))));
}, PLAY_LIMIT_MS);

const stops: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

async function play(mode: Mode): Promise<Played> {
  const { fetchesALike, shareAFetch } = MEASURED.pool;
  const day: Day = { mode, workload: WORKLOAD, seconds: SECONDS, visitSeconds: 8, seed: 3, fetchesALike, shareAFetch };
  const edge = await startMeteredEdge(small);
  stops.push(edge.stop);
  const ask = createAsker(edge, small, 1);
  // A release is opened once; the bill of a month does not show it.
  for (const kind of ["start", "pool", "rows", "retrieve"] as const) await ask(kind, 0);
  await edge.meter();
  const seconds = await playDay(edge, small, day);
  await edge.drained();
  const counted = await edge.meter();
  const place = { seconds, isolates: 1, objectsApart: false, cacheHits: 0, shards: 0, vectorize: false };
  const catalogue = catalogueOf(small.release);
  const traffic = trafficOf(mode, WORKLOAD, catalogue, MEASURED);
  const estimated = operationsOf(traffic, place, catalogue, MEASURED);
  return { counted, estimated, keptPace: seconds < SECONDS * KEPT_PACE };
}

type Counts = Readonly<Record<string, (meter: Meter) => number>>;

/** What follows from requests. Looks of the test itself at what waits are not of the day. */
const BY_REQUEST: Counts = {
  requests: (meter) => total(meter, "request:") - total(meter, "request:GET /v1/metrics"),
  bytesIn: (meter) => total(meter, "bytes-in:"),
  bytesOut: (meter) => total(meter, "bytes-out:") - total(meter, "bytes-out:GET /v1/metrics"),
  bucketB: (meter) => total(meter, "bucket-b:"),
  queueMessages: (meter) => total(meter, "queue:messages"),
  queueOperations: (meter) => total(meter, "queue:operations"),
  rowsWritten: (meter) => total(meter, "rows-written:"),
};

/** What follows from how much gathers within a second or five. */
const BY_TIME: Counts = {
  bucketA: (meter) => total(meter, "bucket-a:") - total(meter, "bucket-a:list dead", "bucket-a:list forgotten"),
  objectRequests: (meter) => total(meter, "object:") - totalOf(meter, /^object:.*\.counted$/),
};

for (const mode of MODES) {
  test(`mode ${mode}: requests, bytes, reads, messages and rows of a day are within 10 % of the estimate`, () => {
    expect(BY_REQUEST["requests"]!(played[mode].counted)).toBeGreaterThan(1_000);
    expectWithin(BY_REQUEST, played[mode]);
  });

  test(`mode ${mode}: and so are object calls and bucket writes, which gather with time`, ({ skip }) => {
    skip(!played[mode].keptPace, "the machine was too busy for the pace of the day");
    expectWithin(BY_TIME, played[mode]);
  });
}

function expectWithin(counts: Counts, { counted, estimated }: Played): void {
  const all = Object.entries(counts).map(([name, read]) => {
    const [got, expected] = [estimated[name as keyof Operations], read(counted)];
    return { name, estimated: got, counted: expected, off: expected === 0 ? got : got / expected - 1 };
  });
  const wrong = all.filter(({ off }) => !(Math.abs(off) <= WITHIN));
  expect(wrong, JSON.stringify([all, counted])).toEqual([]);
}

function totalOf(meter: Meter, name: RegExp): number {
  return Object.entries(meter).reduce((sum, [each, count]) => sum + (name.test(each) ? count : 0), 0);
}
