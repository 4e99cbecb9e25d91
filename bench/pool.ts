/**
 * Pools by interest cells: how much of an exact search they have, and what a session asks for. With NEARFEED_DATA, a folder
 * that holds `ml-1m/interactions.parquet` and `gowalla/train.parquet`, the same for these logs.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readDataset } from "../trainer/read/read-dataset.ts";
import { trainedWorld } from "./inversion/people.ts";
import { poolRecall } from "./pool/recall.ts";
import { poolSessions } from "./pool/sessions.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const BUNDLED = join(import.meta.dirname, "../trainer/datasets/movielens-small");
const QUERIES = 400;
const QUICK_QUERIES = 40;
/** Likes of a session after the first fetch, and people who have that many. */
const SESSION_LIKES = 30;
const PEOPLE = 60;
const QUICK_PEOPLE = 6;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  for (const [name, file] of logs()) {
    const { dataset } = await readDataset({ events: [file] });
    const { items, cells, fetched, recall } = await poolRecall(dataset, quick ? QUICK_QUERIES : QUERIES, seed);
    const from = file.startsWith(BUNDLED) ? "" : ", from NEARFEED_DATA";
    const note = `best 100 of ${items} items, ${(100 * fetched).toFixed(1)} % of them fetched, ${cells} cells${from}`;
    yield { id: `pool-recall-${name}`, unit: "%", value: rounded(recall), seed, note };
  }
  const world = await trainedWorld(seed, 20 + SESSION_LIKES);
  const { recall, fetches, cells } = poolSessions(world, quick ? QUICK_PEOPLE : PEOPLE, SESSION_LIKES);
  const about = { seed, note: `${SESSION_LIKES} likes after the 20th, bundled ratings` };
  yield { id: "pool-session-recall", unit: "%", value: rounded(recall), ...about };
  yield { id: "pool-session-fetches", unit: "a like", value: Math.round(100 * fetches) / 100, ...about };
  yield { id: "pool-session-cells", unit: "a fetch", value: Math.round(10 * cells) / 10, ...about };
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
