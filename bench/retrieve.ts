/**
 * Exact search in workerd: the best 1,000 of n items of 64 int8 numbers by the edge's own index, one query, no filter.
 * The rival does the same on rows of float32.
 *
 * The clock of workerd stands still while a Worker computes, so time is taken from outside. A sample is (time of a
 * request that searches R times − time of one, sent just before, that searches never) / R, with R such that R searches
 * take far longer than a request itself. So a sample is a mean of R searches, and p95 says how those means vary.
 */
import { join } from "node:path";
import { timedRow } from "./harness/timings.ts";
import { COUNT, createCatalogue, DIM } from "./retrieve/catalogue.ts";
import { runWorker } from "./retrieve/workerd.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const SIZES = [
  ["10k", 10_000],
  ["100k", 100_000],
  ["1m", 1_000_000],
] as const;
/** The size at which the answer is compared with a sort of all items. */
const CHECKED_ITEMS = 10_000;
/** Rounding of float32 may swap neighbours at the end of the answer, no more. */
const RIVAL_SHARED = 0.99;
const SAMPLES = 60;
const QUICK_SAMPLES = 8;
/** A request itself takes about a millisecond, give or take a fraction of it. */
const SAMPLE_MS = 80;
/** Until then the engine may still be compiling. */
const WARM_UP_MS = 600;
const QUICK_WARM_UP_MS = 150;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const worker = await runWorker(join(import.meta.dirname, "retrieve/worker.ts"));
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${worker.url}${path}`);
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  try {
    await checkAnswer(ask, seed);
    for (const [name, items] of SIZES) {
      for (const variant of [undefined, "float32-javascript"]) {
        const path = `/search?items=${items}&seed=${seed}${variant === undefined ? "" : "&float32"}`;
        const search = async (repeat: number): Promise<number> => {
          const startedAt = performance.now();
          await ask(`${path}&repeat=${repeat}`);
          return performance.now() - startedAt;
        };
        const { samples, repeat } = await measure(search, quick);
        const note = repeat === 1 ? "each of one search" : `each the mean of ${repeat} searches`;
        yield timedRow({ id: `retrieve-${name}`, unit: "ms", seed, note, ...(variant && { variant }) }, samples);
      }
    }
  } finally {
    await worker.stop();
  }
}

/** @param search searches as often as told and returns how long that took, in ms */
async function measure(search: (repeat: number) => Promise<number>, quick: boolean) {
  await search(1); // makes the catalogue
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

/** @throws Error where the Worker's answer is not the beginning of a plain sort of all items, or the rival's is another */
async function checkAnswer(ask: (path: string) => Promise<unknown>, seed: number): Promise<void> {
  const { index, queries } = createCatalogue(CHECKED_ITEMS, seed);
  const { vectors, scale } = index.columns;
  const scores = Float32Array.from(scale, (step, row) => {
    let sum = 0;
    for (let j = 0; j < DIM; j++) sum += queries[0]![j]! * vectors[row * DIM + j]!;
    return sum * step;
  });
  const best = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const expected = best.slice(0, COUNT);
  const path = `/top?items=${CHECKED_ITEMS}&seed=${seed}`;
  const got = (await ask(path)) as number[];
  if (got.length !== COUNT) throw new Error(`the Worker found ${got.length} of ${CHECKED_ITEMS} items, not ${COUNT}`);
  const wrong = got.findIndex((row, at) => row !== expected[at]);
  if (wrong !== -1)
    throw new Error(`place ${wrong} of the Worker's answer is row ${got[wrong]}, not ${expected[wrong]}`);
  const rival = new Set((await ask(`${path}&float32`)) as number[]);
  const shared = expected.filter((row) => rival.has(row)).length;
  if (shared < RIVAL_SHARED * COUNT) throw new Error(`the rival found ${shared} of the best ${COUNT} items`);
}
