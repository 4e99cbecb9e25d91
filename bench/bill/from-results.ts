/** Figures of other suites that a bill needs: how often a pool is fetched, and what a larger index adds to a search. */
import { poolBudget } from "../../shared/choose-cells.ts";
import { cellCount } from "../../trainer/items/cells.ts";
import type { Measured } from "../../trainer/estimate/measured.ts";
import { readResults } from "../harness/results.ts";
import type { Row } from "../schema.ts";

/** What the bundled ratings, on which the suite `pool` walks sessions, have of items. */
const SESSION_ITEMS = 9_066;

/** Of the suite `pool`. @throws Error where its result lacks a row */
export async function poolFigures(): Promise<Measured["pool"]> {
  const valueOf = async (id: string) => {
    const row = await rowOf("pool", id);
    if (!("value" in row)) throw new Error(`the row ${id} of the suite pool is timed`);
    return row.value;
  };
  const cellsAPool = poolBudget(SESSION_ITEMS) / (SESSION_ITEMS / cellCount(SESSION_ITEMS));
  return {
    fetchesALike: await valueOf("pool-session-fetches"),
    shareAFetch: (await valueOf("pool-session-cells")) / cellsAPool,
  };
}

/** CPU that an item adds to an answer of two queries, of the suite `retrieve`: one thread computes, so its time is CPU. */
export async function scanFigure(): Promise<number> {
  const msOf = async (id: string) => {
    const row = await rowOf("retrieve", id);
    if (!("p50" in row)) throw new Error(`the row ${id} of the suite retrieve is not timed`);
    return row.p50;
  };
  return (2 * ((await msOf("retrieve-1m")) - (await msOf("retrieve-10k")))) / (1_000_000 - 10_000);
}

async function rowOf(suite: string, id: string): Promise<Row> {
  const rows = (await readResults()).get(suite)?.rows ?? [];
  const row = rows.find((each) => each.id === id && each.variant === undefined);
  if (row === undefined) throw new Error(`bench/results/${suite}.json has no row ${id}`);
  return row;
}
