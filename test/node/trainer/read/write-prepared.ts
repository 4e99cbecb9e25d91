/** What a Spark job leaves, written by DuckDB: for tests of who reads it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kindsOf } from "../../../../trainer/read/dataset.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { openDatabase, quote } from "../../../../trainer/read/duckdb.ts";
import type { PreparedItems } from "../../../../trainer/items/prepared-items.ts";

export const RUN = `runs/${"0".repeat(32)}`;
export const SPACE = "5face5face5face5";

/** @param of rows in the order of the dataset's items */
export async function writePrepared(
  folder: string,
  dataset: Dataset,
  of: PreparedItems,
  { holdout = 2, space = SPACE }: { readonly holdout?: number; readonly space?: string } = {},
): Promise<void> {
  const { dim, vectors, history, popularity, neighbours } = of;
  const { perItem } = neighbours;
  const ids = dataset.items.map(({ id }) => id);
  const list = (values: Iterable<number | string>) => [...values];
  const events = dataset.users.flatMap((subject, u) =>
    Array.from({ length: dataset.events.start[u + 1] - dataset.events.start[u] }, (_, i) => {
      const e = dataset.events.start[u] + i;
      const [type] = kindsOf(dataset.events.kinds[e]);
      return {
        id: `e${e}`,
        subject,
        item: ids[dataset.events.item[e]],
        at: dataset.events.at[e] + Date.UTC(2026, 0, 1),
        type,
      };
    }),
  );
  const tables = {
    sample: events,
    items: ids.map((item, i) => ({ item, people: history[i], popularity: popularity[i] })),
    vectors: ids.map((item, i) => ({ item, vector: list(vectors.subarray(i * dim, (i + 1) * dim)), space })),
    neighbours: ids.map((item, i) => {
      const slots = Array.from({ length: perItem }, (_, s) => i * perItem + s).filter(
        (slot) => neighbours.weight[slot] > 0,
      );
      return {
        item,
        neighbours: slots.map((slot) => ids[neighbours.neighbour[slot]]),
        weights: slots.map((slot) => neighbours.weight[slot]),
      };
    }),
  };
  using database = await openDatabase();
  for (const [name, rows] of Object.entries(tables)) {
    const into = join(folder, RUN, name);
    mkdirSync(into, { recursive: true });
    const json = join(folder, `${name}.ndjson`);
    writeFileSync(json, rows.map((row) => JSON.stringify(row)).join("\n"));
    await database.run(
      `COPY (SELECT * FROM read_json(${quote(json)})) TO ${quote(join(into, "part-0.parquet"))} (FORMAT parquet)`,
    );
  }
  const manifest = {
    format: 2,
    createdAt: 0,
    run: RUN,
    days: {},
    rows: {},
    events: events.length,
    people: dataset.users.length,
    items: ids.length,
    holdout,
    sample: { share: 1, seed: 1, events: events.length },
    vectors: { dim, space: SPACE, count: ids.length },
    neighbours: { perItem },
    settings: {},
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
}
