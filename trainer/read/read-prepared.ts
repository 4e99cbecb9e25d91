/**
 * Reads what a Spark job made of a log (trainer/spark/job.py): its manifest, and of the run that it names the items' vectors,
 * neighbour lists and counts. The sample of people is a log like another, read by `read-dataset.ts`.
 */
import type { DuckDBListValue, DuckDBValue } from "@duckdb/node-api";
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import type { Item } from "../../shared/item.ts";
import { integer, jsonObject, matching, number, object, oneOf, type Parsed, string } from "../../shared/parse.ts";
import { MAX_DIM } from "../../shared/release.ts";
import type { NeighbourLists } from "../items/neighbours.ts";
import type { PreparedItems } from "../items/prepared-items.ts";
import { type Database, openDatabase, quote } from "./duckdb.ts";
import { expandFiles, type SourceFile } from "./files.ts";
import { readJsonFile } from "./json-file.ts";
import { badFile } from "./table.ts";

/** Most neighbours an item of a release may have. */
const MAX_PER_ITEM = 64;

const count = integer({ min: 0 });

const manifestParser = object({
  format: oneOf([2], "wrong_version"),
  createdAt: count,
  /** Folder of the run, below the output. */
  run: matching(/^runs\/[0-9a-f]{32}$/, "runs/<32 hex digits>"),
  days: jsonObject,
  rows: jsonObject,
  events: count,
  people: count,
  items: count,
  /** Events of each person of the sample that nothing was learnt from, and as many before them. */
  holdout: count,
  sample: object({ share: number({ min: 0, max: 1 }), seed: integer(), events: count }),
  vectors: object({ dim: integer({ min: 1, max: MAX_DIM }), space: string({ max: 16 }), count }),
  neighbours: object({ perItem: integer({ min: 1, max: MAX_PER_ITEM }) }),
  settings: jsonObject,
});

/** What an output of the job says of itself. */
export type PreparedManifest = Parsed<typeof manifestParser>;

export interface ReadPrepared {
  readonly manifest: PreparedManifest;
  /** Folder of the sample's events. */
  readonly sample: string;
  /** People and popularity of every item of the log, by id. */
  readonly counts: ReadonlyMap<string, { readonly people: number; readonly popularity: number }>;
  /** By item id. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** By item id, strongest first. */
  readonly neighbours: ReadonlyMap<string, { readonly ids: readonly string[]; readonly weights: readonly number[] }>;
}

/**
 * @param folder output of the job
 * @throws NearfeedError `file_not_found` where there is no whole run, `bad_file` for one that contradicts itself, `wrong_space` for
 * vectors of another run
 */
export async function readPrepared(folder: string, signal?: AbortSignal): Promise<ReadPrepared> {
  const manifest = await readJsonFile(join(folder, "manifest.json"), manifestParser);
  const run = join(folder, manifest.run);
  using database = await openDatabase(signal);
  const counts = new Map<string, { people: number; popularity: number }>();
  for (const { rows } of await tablesOf(database, join(run, "items"), "item, people, popularity")) {
    for (const [item, people, popularity] of rows) {
      counts.set(String(item), { people: Number(people), popularity: Number(popularity) });
    }
  }
  checkCount(join(run, "items"), counts.size, manifest.items);
  const vectors = await vectorsOf(database, join(run, "vectors"), manifest);
  const neighbours = await neighboursOf(database, join(run, "neighbours"), manifest, counts);
  return { manifest, sample: join(run, "sample"), counts, vectors, neighbours };
}

/** What was read, in the order of a catalogue that has all of its items. */
export function preparedFor(items: readonly Item[], prepared: ReadPrepared): PreparedItems {
  const { manifest, counts, vectors: byId, neighbours: lists } = prepared;
  const { dim } = manifest.vectors;
  const n = items.length;
  const rowOf = new Map(items.map(({ id }, row) => [id, row]));
  const vectors = new Float32Array(n * dim);
  const [history, popularity] = [new Uint32Array(n), new Float32Array(n)];
  const { perItem } = manifest.neighbours;
  const neighbours: NeighbourLists = {
    perItem,
    neighbour: Uint32Array.from({ length: n * perItem }, (_, slot) => Math.floor(slot / perItem)),
    weight: new Float32Array(n * perItem),
  };
  items.forEach(({ id }, row) => {
    const vector = byId.get(id);
    if (vector) vectors.set(vector, row * dim);
    const known = counts.get(id);
    history[row] = known?.people ?? 0;
    popularity[row] = known?.popularity ?? 0;
    const list = lists.get(id);
    list?.ids.forEach((other, slot) => {
      neighbours.neighbour[row * perItem + slot] = rowOf.get(other)!;
      neighbours.weight[row * perItem + slot] = list.weights[slot];
    });
  });
  return { dim, vectors, neighbours, history, popularity };
}

interface PreparedTable {
  readonly file: SourceFile;
  readonly rows: readonly (readonly DuckDBValue[])[];
}

/** The rows of each Parquet file of a folder. */
async function tablesOf(database: Database, folder: string, columns: string): Promise<PreparedTable[]> {
  const tables: PreparedTable[] = [];
  for (const file of expandFiles([folder])) {
    const [first, ...rest] = await database
      .columns(
        `SELECT ${columns} FROM read_parquet(${quote(file.path)}, file_row_number=true) ORDER BY file_row_number`,
      )
      .catch((cause: unknown) => {
        throw badFile(file, cause);
      });
    tables.push({ file, rows: first.map((value, i) => [value, ...rest.map((column) => column[i])]) });
  }
  return tables;
}

async function vectorsOf(
  database: Database,
  folder: string,
  { vectors: { dim, space, count: expected } }: PreparedManifest,
) {
  const vectors = new Map<string, Float32Array>();
  for (const { file, rows } of await tablesOf(database, folder, "item, vector, space")) {
    rows.forEach(([item, vector, of], i) => {
      const path = `${file.path}:${i + 1}`;
      if (of !== space) {
        throw new NearfeedError("wrong_space", `${file.path} row ${i + 1} is of the space ${of}, expected ${space}`, {
          path: `${path}:space`,
          hint: "The file is of another run. Run nearfeed spark again.",
        });
      }
      const values = Float32Array.from(listOf(vector), Number);
      if (values.length !== dim || values.some((value) => !Number.isFinite(value))) {
        const got = `${values.length} numbers${values.length === dim ? ", some not finite" : ""}`;
        throw new NearfeedError("bad_file", `${file.path} row ${i + 1} has ${got}, expected ${dim} finite ones`, {
          path: `${path}:vector`,
        });
      }
      vectors.set(String(item), values);
    });
  }
  checkCount(folder, vectors.size, expected);
  return vectors;
}

async function neighboursOf(
  database: Database,
  folder: string,
  manifest: PreparedManifest,
  known: ReadonlyMap<string, unknown>,
) {
  const { perItem } = manifest.neighbours;
  const lists = new Map<string, { ids: string[]; weights: number[] }>();
  for (const { file, rows } of await tablesOf(database, folder, "item, neighbours, weights")) {
    rows.forEach(([item, neighbours, weights], i) => {
      const ids = listOf(neighbours).map(String);
      const unknown = [String(item), ...ids].find((id) => !known.has(id));
      if (unknown !== undefined || ids.length > perItem) {
        const problem =
          unknown === undefined
            ? `${ids.length} neighbours, expected ${perItem} at most`
            : `"${unknown}", which is no item of the run`;
        throw new NearfeedError("bad_file", `${file.path} row ${i + 1} has ${problem}`, {
          path: `${file.path}:${i + 1}:neighbours`,
        });
      }
      lists.set(String(item), { ids, weights: listOf(weights).map(Number) });
    });
  }
  return lists;
}

function listOf(value: DuckDBValue): readonly DuckDBValue[] {
  return (value as DuckDBListValue).items;
}

function checkCount(folder: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new NearfeedError("bad_file", `${folder} has ${got} items, the manifest says ${expected}`, {
    path: folder,
    hint: "A file was deleted, or is of another run. Run nearfeed spark again.",
  });
}
