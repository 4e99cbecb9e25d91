/**
 * Exact search in workerd: the best 1,000 of n items of 64 int8 numbers by the edge's own index, for one query without a
 * filter; and for four at once, and with filters that let all, 10 % and 0.1 % of the items pass (a new filter each search).
 * `retrieve-sources` is an answer of the pipeline: the nearest, and the quotas of the popular, the fresh and the explored. One
 * rival does the same search on rows of float32 in JavaScript; the other walks an HNSW graph, in Node, with the share that it
 * finds of the right items. `retrieve-cold` is the first answer of a Worker that has loaded nothing: it reads the index
 * from a disk, checks it and searches it.
 *
 * The clock of workerd stands still while a Worker computes, so time is taken from outside. A sample is (time of a
 * request that searches R times − time of one, sent just before, that searches never) / R, with R such that R searches
 * take far longer than a request itself. So a sample is a mean of R searches, and p95 says how those means vary.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeIndex } from "../shared/index-file.ts";
import { scan } from "../shared/scan.ts";
import { topK } from "../shared/top-k.ts";
import { text } from "../test/harness/small-release.ts";
import { timedRow } from "./harness/timings.ts";
import { type Catalogue, COUNT, createCatalogue, fileNames } from "./retrieve/catalogue.ts";
import { createHnswIndex } from "./retrieve/hnsw.ts";
import { bundleWorker, type BundledWorker } from "./retrieve/workerd.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const SIZES = [
  ["10k", 10_000],
  ["100k", 100_000],
  ["1m", 1_000_000],
] as const;
/** What is searched: by default one query without a filter, by the edge's own index. */
const VARIANTS = [
  [undefined, ""],
  ["four-queries", "&queries=4"],
  ["filter-100-percent", "&filter=100"],
  ["filter-10-percent", "&filter=10"],
  ["filter-0.1-percent", "&filter=0.1"],
  ["float32-javascript", "&float32"],
] as const;
/** The same for an answer of all sources. */
const SOURCE_VARIANTS = [
  [undefined, "&sources"],
  ["filter-100-percent", "&sources&filter=100"],
  ["filter-10-percent", "&sources&filter=10"],
  ["filter-0.1-percent", "&sources&filter=0.1"],
] as const;
/** A graph of more takes many minutes to build. */
const HNSW_MAX_ITEMS = 100_000;
/** With `--quick`, a graph that is built within seconds. */
const QUICK_HNSW_MAX_ITEMS = 10_000;
/** Rounding of float32 may swap neighbours at the end of the answer, no more. */
const RIVAL_SHARED = 0.99;
const RECALL_UNIT = "share of the best 1,000";
const SAMPLES = 60;
const QUICK_SAMPLES = 8;
const COLD_SAMPLES = 12;
const QUICK_COLD_SAMPLES = 2;
/** Searches of the graph; each takes one of the queries, in turn. */
const HNSW_SAMPLES = 160;
/** A request itself takes about a millisecond, give or take a fraction of it. */
const SAMPLE_MS = 80;
/** Until then the engine may still be compiling. */
const WARM_UP_MS = 600;
const QUICK_WARM_UP_MS = 150;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const files = await mkdtemp(join(tmpdir(), "nearfeed-bench-"));
  const bundled = await bundleWorker(join(import.meta.dirname, "retrieve/worker.ts"), files);
  try {
    for (const [name, items] of SIZES) {
      const catalogue = createCatalogue(items, seed);
      const { index, queries } = fileNames(items);
      await writeFile(join(files, index), encodeIndex(catalogue.index, text));
      await writeFile(join(files, queries), JSON.stringify(catalogue.queries));
      yield* warm(bundled, { name, items, catalogue, quick, seed });
      const cold = await coldSamples(bundled, items, quick ? QUICK_COLD_SAMPLES : COLD_SAMPLES);
      const note = "each of a new workerd: load, check and search";
      yield timedRow({ id: `retrieve-cold-${name}`, unit: "ms", seed, note }, cold);
      if (items <= (quick ? QUICK_HNSW_MAX_ITEMS : HNSW_MAX_ITEMS)) yield* graph({ name, catalogue, seed });
    }
  } finally {
    await bundled.remove();
    await rm(files, { recursive: true });
  }
}

interface Case {
  readonly name: string;
  readonly items: number;
  readonly catalogue: Catalogue;
  readonly quick: boolean;
  readonly seed: number;
}

async function* warm(bundled: BundledWorker, { name, items, catalogue, quick, seed }: Case): AsyncIterable<Row> {
  const worker = await bundled.run();
  try {
    const value = await checkAnswer(worker.url, items, catalogue);
    yield { id: `retrieve-${name}-recall`, unit: RECALL_UNIT, variant: "float32-javascript", value, seed };
    const cases = [
      ...VARIANTS.map((each) => ["retrieve", ...each] as const),
      ...SOURCE_VARIANTS.map((each) => ["retrieve-sources", ...each] as const),
    ];
    for (const [id, variant, flags] of cases) {
      const search = async (repeat: number): Promise<number> => {
        const startedAt = performance.now();
        await ask(`${worker.url}/search?items=${items}&repeat=${repeat}${flags}`);
        return performance.now() - startedAt;
      };
      const { samples, repeat } = await measure(search, quick);
      const note = repeat === 1 ? "each of one search" : `each the mean of ${repeat} searches`;
      yield timedRow({ id: `${id}-${name}`, unit: "ms", seed, note, ...(variant && { variant }) }, samples);
    }
  } finally {
    await worker.stop();
  }
}

/** Each sample starts a process, waits until it listens, and sends its first request. */
async function coldSamples(bundled: BundledWorker, items: number, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    const worker = await bundled.run();
    const startedAt = performance.now();
    await ask(`${worker.url}/search?items=${items}&repeat=1`);
    samples.push(performance.now() - startedAt);
    await worker.stop();
  }
  return samples;
}

async function* graph({ name, catalogue, seed }: Pick<Case, "name" | "catalogue" | "seed">): AsyncIterable<Row> {
  const { index, queries } = catalogue;
  const startedAt = performance.now();
  const hnsw = await createHnswIndex(index.columns, seed);
  const buildS = (performance.now() - startedAt) / 1000;
  const samples: number[] = [];
  let found = 0;
  for (let i = 0; i < HNSW_SAMPLES; i++) {
    const query = queries[i % queries.length]!;
    const searchedAt = performance.now();
    const rows = hnsw.search(query, COUNT);
    samples.push(performance.now() - searchedAt);
    if (i < queries.length) found += shared(exactBest(catalogue, query), rows);
  }
  const recall = found / (queries.length * COUNT);
  const variant = "hnsw-wasm";
  const note = `in Node; built in ${buildS.toFixed(0)} s`;
  yield timedRow({ id: `retrieve-${name}`, unit: "ms", seed, note, variant }, samples);
  yield { id: `retrieve-${name}-recall`, unit: RECALL_UNIT, variant, value: recall, seed };
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** @param search searches as often as told and returns how long that took, in ms */
async function measure(search: (repeat: number) => Promise<number>, quick: boolean) {
  await search(1); // makes what it searches
  let [searches, spentMs] = [0, 0];
  for (let repeat = 1; spentMs < (quick ? QUICK_WARM_UP_MS : WARM_UP_MS); repeat *= 2) {
    spentMs += await search(repeat);
    searches += repeat;
  }
  const idleMs = await search(0);
  const repeat = Math.max(1, Math.ceil(SAMPLE_MS / (((await search(searches)) - idleMs) / searches)));
  const samples: number[] = [];
  for (let i = 0; i < (quick ? QUICK_SAMPLES : SAMPLES); i++) {
    const requestMs = await search(0);
    samples.push(((await search(repeat)) - requestMs) / repeat);
  }
  return { samples, repeat };
}

/**
 * Compares the Worker's answers to one query with the plain scan.
 *
 * @returns the share of the best items that the rival in float32 finds
 * @throws Error where the edge's answer is not that of the plain scan, or the rival's is quite another
 */
async function checkAnswer(url: string, items: number, catalogue: Catalogue): Promise<number> {
  const expected = exactBest(catalogue, catalogue.queries[0]!);
  const path = `${url}/top?items=${items}`;
  const got = (await ask(path)) as number[];
  if (got.length !== COUNT) throw new Error(`the Worker found ${got.length} of ${items} items, not ${COUNT}`);
  const wrong = got.findIndex((row, at) => row !== expected[at]);
  if (wrong !== -1)
    throw new Error(`place ${wrong} of the Worker's answer is row ${got[wrong]}, not ${expected[wrong]}`);
  const found = shared(expected, (await ask(`${path}&float32`)) as number[]);
  if (found < RIVAL_SHARED * COUNT) throw new Error(`the rival found ${found} of the best ${COUNT} items`);
  return found / COUNT;
}

function exactBest({ index }: Catalogue, query: readonly number[]): Uint32Array {
  return topK(scan(index.columns, query), COUNT);
}

function shared(expected: Uint32Array, got: readonly number[]): number {
  const rows = new Set(got);
  return expected.filter((row) => rows.has(row)).length;
}
