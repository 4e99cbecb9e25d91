// What an audience costs: the money is the vendor's own sums, the sizes are those of real releases, and what the estimate
// knows of the SDK and the edge is what they do. That counts agree with a real edge is in test/edge/bill.test.ts.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, constantFrom, double, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { DEVICE_BUDGET_BYTES } from "../../../../client-sdk/engine/retrieval-mode.ts";
import { POLL_MS } from "../../../../client-sdk/sync/poll.ts";
import { GATHER_MS } from "../../../../client-sdk/sync/uploads.ts";
import { NearfeedError } from "../../../../shared/errors.ts";
import { estimate } from "../../../../trainer/commands/estimate.ts";
import { dollarsOf } from "../../../../trainer/estimate/bill.ts";
import { catalogueOf, catalogueOfSize } from "../../../../trainer/estimate/catalogue.ts";
import { DEFAULTS, estimateMonth } from "../../../../trainer/estimate/estimate.ts";
import { DEVICE_BYTES, SHARD_BYTES, SHARD_SLOTS, WORKER_BYTES } from "../../../../trainer/estimate/limits.ts";
import { MEASURED } from "../../../../trainer/estimate/measured.ts";
import { EVENT_SHARDS, KEPT_SECONDS, renewals, TRENDING_SHARDS } from "../../../../trainer/estimate/operations.ts";
import { PRICES } from "../../../../trainer/estimate/prices.ts";
import { GATHER_SECONDS, POLL_SECONDS } from "../../../../trainer/estimate/workload.ts";
import type { Workload } from "../../../../trainer/estimate/workload.ts";
import { cellCount } from "../../../../trainer/items/cells.ts";
import { seeded, smallRelease } from "../../../harness/small-release.ts";

const ROOT = join(import.meta.dirname, "../../../..");

test("the vendor's own examples come to the vendor's own sums", () => {
  // Workers, Pricing: 15 million requests of 7 ms are $1.50 and $1.50, 100 million $27.00 and $13.40.
  expect(dollarsOf("requests", 15e6)).toBeCloseTo(1.5, 9);
  expect(dollarsOf("cpuMs", 7 * 15e6)).toBeCloseTo(1.5, 9);
  expect(dollarsOf("requests", 100e6)).toBeCloseTo(27, 9);
  expect(dollarsOf("cpuMs", 7 * 100e6)).toBeCloseTo(13.4, 9);
  // Durable Objects, Pricing, but for its rounding up: 1.5 million requests, 10,659,200 GB-s beyond what is included.
  expect(dollarsOf("objectRequests", 1.5e6)).toBeCloseTo(0.075, 9);
  expect(dollarsOf("objectGbSeconds", 11_059_200)).toBeCloseTo(133.24, 2);
  for (const of of Object.keys(PRICES) as (keyof typeof PRICES)[]) expect(dollarsOf(of, PRICES[of].included)).toBe(0);
});

test("what it knows of the SDK and the edge is what they do", async () => {
  expect(POLL_SECONDS * 1_000).toBe(POLL_MS);
  expect(GATHER_SECONDS * 1_000).toBe(GATHER_MS);
  expect(DEVICE_BYTES).toBe(DEVICE_BUDGET_BYTES);
  const stated = async (path: string, name: string) => {
    const [, value] = new RegExp(`${name} = ([\\d_]+)`).exec(await readFile(join(ROOT, path), "utf8")) ?? [];
    return Number(value?.replaceAll("_", ""));
  };
  expect(EVENT_SHARDS).toBe(await stated("edge/events/store-events.ts", "SHARDS"));
  expect(TRENDING_SHARDS).toBe(await stated("edge/trending/votes.ts", "SHARDS"));
  expect(SHARD_SLOTS).toBe(await stated("edge/shards/plan.ts", "SHARD_SLOTS"));
  expect(SHARD_BYTES).toBe(await stated("edge/shards/plan.ts", "SHARD_BYTES"));
  expect(WORKER_BYTES).toBe(await stated("edge/retrieval/served.ts", "RELEASES_BYTES"));
  expect(KEPT_SECONDS.channels * 1_000).toBe(await stated("edge/retrieval/served.ts", "CHANNELS_MAX_AGE_MS"));
  expect(KEPT_SECONDS.live * 1_000).toBe(await stated("edge/catalogue/live-view.ts", "MAX_AGE_MS"));
  expect(KEPT_SECONDS.trending * 1_000).toBe(await stated("edge/trending/read-trending.ts", "MAX_AGE_MS"));
  expect(KEPT_SECONDS.releaseItems * 1_000).toBe(await stated("edge/catalogue/release-items.ts", "MAX_AGE_MS"));
  expect(KEPT_SECONDS.flush * 1_000).toBe(await stated("edge/events/event-store.ts", "FLUSH_AFTER_MS"));
  expect(KEPT_SECONDS.batch).toBe(await stated("wrangler.toml", "max_batch_timeout"));
  expect(KEPT_SECONDS.batchMessages).toBe(await stated("wrangler.toml", "max_batch_size"));
});

test("a catalogue that is made up has the sizes of a release of as many items", async () => {
  const items = 2_000;
  const { release } = await smallRelease({
    items,
    dim: MEASURED.release.dim,
    neighboursPerItem: 48,
    cells: cellCount(items),
  });
  const [real, made] = [catalogueOf(release), catalogueOfSize(items, MEASURED)];
  const models = MEASURED.release.models.slice(1).reduce((sum, bytes) => sum + bytes, 0);
  expect(made.cells).toBe(real.cells);
  expect((made.files.device.bytes - models) / real.files.device.bytes).toBeCloseTo(1, 1);
  expect((made.files.pool.bytes - models) / real.files.pool.bytes).toBeCloseTo(1, 1);
  // The encoder and the ranker, which the real one lacks.
  expect(made.files.device.blobs).toBe(real.files.device.blobs + 2);
  expect(made.files.pool.blobs).toBe(real.files.pool.blobs + 2);
  expect(made.pool.bytes / real.pool.bytes).toBeCloseTo(1, 0);
  expect(made.residentBytes / real.residentBytes).toBeCloseTo(1, 1);
  expect((made.storedBytes - models) / real.storedBytes).toBeCloseTo(1, 0);
});

test("what is kept for a while is made anew as often as in a day of arrivals at random", () => {
  const random = seeded(11);
  const seconds = 300;
  for (const [arrivals, keptSeconds] of [
    [20, 5],
    [300, 5],
    [3_000, 1],
    [3_000, 10],
  ] as const) {
    let made = 0;
    const days = 200;
    for (let day = 0; day < days; day++) {
      const times = Array.from({ length: arrivals }, () => random() * seconds).sort((a, b) => a - b);
      let until = -Infinity;
      for (const at of times) {
        if (at < until) continue;
        made++;
        until = at + keptSeconds;
      }
    }
    const reckoned = renewals(arrivals, { seconds, keptSeconds, keepers: 1 });
    expect(reckoned / (made / days), `${arrivals} kept for ${keptSeconds} s`).toBeGreaterThan(0.97);
    expect(reckoned / (made / days), `${arrivals} kept for ${keptSeconds} s`).toBeLessThan(1.03);
  }
});

const catalogue = catalogueOfSize(100_000, MEASURED);
const month = (workload: Partial<Workload>) =>
  estimateMonth({ ...DEFAULTS, workload: { ...DEFAULTS.workload, ...workload }, catalogue }, MEASURED);

test("more people, visits, cards or likes never cost less, and nothing is negative", () => {
  const workload = record({
    people: integer({ min: 1, max: 1e8 }),
    sessions: integer({ min: 1, max: 100 }),
    cards: integer({ min: 20, max: 300 }),
    likes: integer({ min: 0, max: 20 }),
    full: double({ min: 0, max: 1, noNaN: true }),
    regions: integer({ min: 0, max: 50 }),
  });
  assert(
    property(workload, constantFrom("people", "sessions", "cards", "likes"), (given, grown) => {
      const [less, more] = [month(given), month({ ...given, [grown]: given[grown] * 2 })];
      for (const [at, { operations, dollars }] of less.entries()) {
        for (const [name, value] of Object.entries(operations)) expect(value, name).toBeGreaterThanOrEqual(0);
        expect(more[at]!.dollars).toBeGreaterThanOrEqual(dollars * (1 - 1e-9));
        expect(more[at]!.operations.requests).toBeGreaterThanOrEqual(operations.requests);
      }
    }),
  );
});

test("nobody at consent full means no events, no rows and no queue; and mode edge is then mode pool", () => {
  const [device, pool, edge] = month({ full: 0 });
  for (const { operations, objectGb } of [device!, pool!, edge!]) {
    expect(operations).toMatchObject({ rowsWritten: 0, queueOperations: 0, parts: 0 });
    expect(objectGb).toBe(0);
  }
  expect(edge!.operations).toEqual(pool!.operations);
});

test("a hit of the Worker's cache saves CPU and bucket reads, and costs a request all the same", () => {
  const asked = { ...DEFAULTS, catalogue };
  const [none] = estimateMonth(asked, MEASURED);
  const [most] = estimateMonth({ ...asked, cacheHits: 0.9 }, MEASURED);
  expect(most!.operations.requests).toBe(none!.operations.requests);
  expect(most!.operations.bucketB).toBeLessThan(none!.operations.bucketB / 2);
  expect(most!.operations.cpuMs).toBeLessThan(none!.operations.cpuMs);
});

test("a release goes from the Worker into shards as it grows, and beyond the last of them the limit says so", () => {
  const of = (items: number) =>
    estimateMonth({ ...DEFAULTS, catalogue: catalogueOfSize(items, MEASURED) }, MEASURED)[2]!;
  const full = (items: number) => of(items).limits.find(({ name }) => name.startsWith("the release in"))!;
  expect(of(100_000).shards).toBe(0);
  expect(full(100_000).used).toBeLessThan(1);
  expect(of(1_000_000).shards).toBeGreaterThan(1);
  expect(full(10_000_000).used).toBeLessThanOrEqual(1);
  expect(full(20_000_000).used).toBeGreaterThan(1);
});

test("Vectorize is billed where it is asked, in mode edge alone", () => {
  const [, pool, edge] = estimateMonth({ ...DEFAULTS, catalogue, vectorize: true }, MEASURED);
  const { dim } = MEASURED.release;
  // Two queries in each of sixteen namespaces.
  expect(edge!.operations.vectorsQueried).toBeCloseTo(edge!.traffic.requests.retrieve * 32 * dim, 0);
  expect(edge!.lines.find(({ of }) => of === "vectorsStored")!.quantity).toBe(100_000 * dim);
  expect(pool!.lines.filter(({ of }) => of.startsWith("vectors"))).toEqual([]);
});

test("the command prints a table of the modes, and as JSON the same figures", async () => {
  const said: string[] = [];
  const terminal = { say: (line: string) => void said.push(line) } as never;
  const run = (values: Record<string, string>) =>
    estimate.run({ positionals: [], values, terminal, signal: new AbortController().signal, env: {} });
  const result = (await run({ people: "1000000", items: "100000", mode: "pool" })) as {
    items: number;
    estimates: { mode: string; dollars: number; lines: { dollars: number }[] }[];
  };
  const expected = month({ people: 1e6 })[1]!;
  expect(result.items).toBe(100_000);
  expect(result.estimates.map(({ mode, dollars }) => ({ mode, dollars }))).toEqual([
    { mode: "pool", dollars: expected.dollars },
  ]);
  expect(result.estimates[0]!.lines.reduce((sum, { dollars }) => sum + dollars, 5)).toBeCloseTo(expected.dollars, 6);
  expect(said[0]).toMatch(/^\| a month +\| pool +\|$/);
  await expect(run({ people: "many" })).rejects.toThrowError(NearfeedError);
  await expect(run({ mode: "cloud" })).rejects.toMatchObject({ code: "bad_argument", path: "--mode" });
});
