/** Public interaction data as matrices, with a validation part cut from what may be trained on. It never reads a test part. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { SparseRows } from "../../trainer/items/interactions.ts";

const DATA = process.env["NEARFEED_DATA"] ?? join(import.meta.dirname, "../../../shared/data");

/** Rows as (user, item, held): users and items counted from 0, held where validation takes the entry. */
const QUERIES = {
  // The last item of each user is the test; the one before it is held out.
  "ml-1m": (file: string) => `
    select dense_rank() over (order by "user") - 1 as u, dense_rank() over (order by item) - 1 as i,
      later = 1 as held from (
        select *, row_number() over (partition by "user" order by ord desc) - 1 as later from '${file}'
      ) where later > 0 order by u, i`,
  // A tenth of each user's items, by a hash.
  gowalla: (file: string) => `
    select dense_rank() over (order by "user") - 1 as u, dense_rank() over (order by item) - 1 as i,
      hash("user", item) % 10 = 0 as held from '${file}' order by u, i`,
} as const;

const FILES = { "ml-1m": "interactions.parquet", gowalla: "train.parquet" } as const;

export type DataName = keyof typeof QUERIES;
export const DATA_NAMES = Object.keys(QUERIES) as DataName[];

export interface Matrices {
  /** All that may be trained on. */
  readonly whole: SparseRows;
  /** The same without what is held out. */
  readonly training: SparseRows;
  /** Items held out of each user's row. `[users]` */
  readonly held: readonly (readonly number[])[];
}

/** Undefined, and a message, where the data are not on this machine. */
export async function readMatrices(name: DataName): Promise<Matrices | undefined> {
  const file = join(DATA, name, FILES[name]);
  if (!existsSync(file)) {
    console.error(`skipped: ${name} is not in ${DATA} (NEARFEED_DATA names the folder)`);
    return undefined;
  }
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(QUERIES[name](file.replaceAll("'", "''")));
    const [user, item, isHeld] = reader.getColumns() as [bigint[], bigint[], boolean[]];
    const rows = Number(user.at(-1)) + 1;
    const columns = item.reduce((most, i) => Math.max(most, Number(i)), 0) + 1;
    const held: number[][] = Array.from({ length: rows }, () => []);
    const all: number[][] = Array.from({ length: rows }, () => []);
    isHeld.forEach((is, e) => {
      all[Number(user[e])]!.push(Number(item[e]));
      if (is) held[Number(user[e])]!.push(Number(item[e]));
    });
    const training = all.map((items, u) => items.filter((i) => !held[u]!.includes(i)));
    return { whole: sparseOnes(all, columns), training: sparseOnes(training, columns), held };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function sparseOnes(lists: readonly (readonly number[])[], columns: number): SparseRows {
  const start = new Uint32Array(lists.length + 1);
  lists.forEach((list, row) => (start[row + 1] = start[row]! + list.length));
  const column = Uint32Array.from(lists.flat());
  const ones = new Float32Array(column.length).fill(1);
  return { rows: lists.length, columns, start, column, target: ones, confidence: ones };
}
