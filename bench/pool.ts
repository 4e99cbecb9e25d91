/**
 * Pools by interest cells: how much of an exact search they have, for logs and for a million made-up items, how far cells
 * differ in size, and what a session asks for. With NEARFEED_DATA, a folder that holds `ml-1m/interactions.parquet` and
 * `gowalla/train.parquet`, the same for these logs.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { poolBudget } from "../shared/choose-cells.ts";
import { readDataset } from "../trainer/read/read-dataset.ts";
import { trainedWorld } from "./inversion/people.ts";
import { clusteredVectors, scatteredVectors } from "./pool/clustered.ts";
import { poolsOf, vectorsOfLog } from "./pool/recall.ts";
import type { Vectors } from "./pool/recall.ts";
import { poolSessions } from "./pool/sessions.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const BUNDLED = join(import.meta.dirname, "../trainer/datasets/movielens-small");
const QUERIES = 400;
const QUICK_QUERIES = 40;
/** Made-up items, and what a try of the suite can wait for. */
const CLUSTERED_ITEMS = 1_000_000;
const SCATTERED_ITEMS = 100_000;
const QUICK_ITEMS = 40_000;
/** What a pool may take at most of a large catalogue; where it takes less because it would be too large for a device, both. */
const MOST_FETCHED = 0.05;
/** Likes of a session after the first fetch, and people who have that many. */
const SESSION_LIKES = 30;
const PEOPLE = 60;
const QUICK_PEOPLE = 6;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const queries = quick ? QUICK_QUERIES : QUERIES;
  for (const [name, file] of logs()) {
    const { dataset } = await readDataset({ events: [file] });
    const from = file.startsWith(BUNDLED) ? "" : ", from NEARFEED_DATA";
    yield* recallRows(name, await vectorsOfLog(dataset, queries, seed), from, seed);
  }
  const clustered = clusteredVectors(quick ? QUICK_ITEMS : CLUSTERED_ITEMS, seed);
  yield* recallRows("clustered", clustered, ", made up", seed);
  const scattered = scatteredVectors(quick ? QUICK_ITEMS : SCATTERED_ITEMS, queries, seed);
  yield* recallRows("scattered", scattered, ", made up to be hard", seed);
  const world = await trainedWorld(seed, 20 + SESSION_LIKES);
  const { recall, fetches, cells } = poolSessions(world, quick ? QUICK_PEOPLE : PEOPLE, SESSION_LIKES);
  const about = { seed, note: `${SESSION_LIKES} likes after the 20th, bundled ratings` };
  yield { id: "pool-session-recall", unit: "%", value: rounded(recall), ...about };
  yield { id: "pool-session-fetches", unit: "a like", value: hundredth(fetches), ...about };
  yield { id: "pool-session-cells", unit: "a fetch", value: Math.round(10 * cells) / 10, ...about };
}

function* recallRows(name: string, vectors: Vectors, from: string, seed: number): Iterable<Row> {
  const { items, cells, smallest, largest, recall: recallWith } = poolsOf(vectors, seed);
  for (const budget of new Set([poolBudget(items), Math.max(poolBudget(items), Math.floor(MOST_FETCHED * items))])) {
    const { fetched, recall } = recallWith(budget);
    const note = `best 100 of ${items} items, ${(100 * fetched).toFixed(1)} % of them fetched, ${cells} cells${from}`;
    const asDevices = budget === poolBudget(items);
    yield { id: `pool-recall-${name}${asDevices ? "" : "-5-percent"}`, unit: "%", value: rounded(recall), seed, note };
  }
  const sizes = `${smallest} to ${largest} items`;
  yield {
    id: `pool-cells-${name}`,
    unit: "largest / smallest",
    value: hundredth(largest / smallest),
    seed,
    note: sizes,
  };
}

function logs(): [name: string, file: string][] {
  const folder = process.env["NEARFEED_DATA"];
  const others: [string, string][] = folder
    ? [
        ["ml-1m", join(folder, "ml-1m/interactions.parquet")],
        ["gowalla", join(folder, "gowalla/train.parquet")],
      ]
    : [];
  return [["movielens-small", join(BUNDLED, "ratings.parquet")] as [string, string], ...others].filter(([, file]) =>
    existsSync(file),
  );
}

function rounded(share: number): number {
  return Math.round(1_000 * share) / 10;
}

function hundredth(value: number): number {
  return Math.round(100 * value) / 100;
}
