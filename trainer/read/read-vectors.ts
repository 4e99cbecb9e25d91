/**
 * Reads item vectors that were made elsewhere (matrix factorisation in Spark, a two-tower network): one row an item, its id and
 * a list of numbers. Which of them a catalogue has use for is said where they are joined with it.
 */
import type { DuckDBValue } from "@duckdb/node-api";
import { NearfeedError } from "../../shared/errors.ts";
import { type Item, MAX_ID_CHARS } from "../../shared/item.ts";
import { MAX_DIM } from "../../shared/release.ts";
import { BAD_ROW_SAMPLES, type BadRow, type BadRowLimit, type BadRowReport, checkBadRows } from "./bad-rows.ts";
import { findVectorColumns } from "./detect-mapping.ts";
import { type Database, openDatabase } from "./duckdb.ts";
import { expandFiles, type SourceFile } from "./files.ts";
import { badFile, openTable, type Table, takeMalformedRows } from "./table.ts";

export interface ReadVectors {
  /** Numbers of every vector. */
  readonly dim: number;
  /** By item id. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  readonly bad: BadRowReport;
}

/** Vectors in the order of a catalogue. */
export interface ImportedVectors {
  /** d; vectors that are shorter than a multiple of four end with zeros. */
  readonly dim: number;
  /** `[n, dim]`; zeros for an item without one. */
  readonly vectors: Float32Array;
  /** 1 for every item that has one. `[n]` */
  readonly has: Uint8Array;
  /** Vectors of items that the catalogue does not have. */
  readonly unknown: number;
  /** Items without a vector. */
  readonly missing: number;
}

/** Kernels take four numbers at a time. */
const DIM_STEP = 4;

interface Row {
  readonly file: string;
  readonly row: number;
  readonly id: string | null;
  readonly vector: readonly DuckDBValue[] | null;
}

/**
 * @param names files, globs or folders
 * @throws NearfeedError `file_not_found`, `bad_file`, `missing_column`, `too_many_bad_rows` or `no_data`
 */
export async function readVectors(
  names: readonly string[],
  { maxBadRows, signal }: { readonly maxBadRows: BadRowLimit; readonly signal?: AbortSignal },
): Promise<ReadVectors> {
  const rows: Row[] = [];
  const malformed: BadRow[] = [];
  using database = await openDatabase(signal);
  for (const file of expandFiles(names)) {
    const table = await openTable(database, file);
    rows.push(...(await rowsOf(database, file, table)));
    for (const { line, message } of await takeMalformedRows(database, file)) {
      malformed.push({ file: file.path, row: line - 1, field: "row", problem: message });
    }
  }
  const dim = usualLength(rows);
  const vectors = new Map<string, Float32Array>();
  const refused: BadRow[] = [...malformed];
  for (const { file, row, id, vector } of rows) {
    const values = vector && Float32Array.from(vector, (value) => (value === null ? NaN : Number(value)));
    const problem = problemOf(id, values, dim, vectors);
    if (problem) refused.push({ file, row, ...problem });
    else vectors.set(id!, values!);
  }
  const bad = { read: rows.length + malformed.length, bad: refused.length, samples: refused.slice(0, BAD_ROW_SAMPLES) };
  checkBadRows(bad, maxBadRows);
  if (vectors.size === 0) throw new NearfeedError("no_data", `No usable vector in ${names.join(", ")}`);
  if (dim > MAX_DIM) {
    throw new NearfeedError("bad_file", `Vectors may have ${MAX_DIM} numbers at most, got ${dim}`, { path: names[0] });
  }
  return { dim, vectors, bad };
}

/** @throws NearfeedError `no_data` where no item of the catalogue has a vector */
export function vectorsFor(items: readonly Item[], { dim: given, vectors: byId }: ReadVectors): ImportedVectors {
  const dim = Math.ceil(given / DIM_STEP) * DIM_STEP;
  const vectors = new Float32Array(items.length * dim);
  const has = new Uint8Array(items.length);
  items.forEach(({ id }, i) => {
    const vector = byId.get(id);
    if (!vector) return;
    vectors.set(vector, i * dim);
    has[i] = 1;
  });
  const found = has.reduce((sum, each) => sum + each, 0);
  if (found === 0) {
    const [some] = byId.keys();
    throw new NearfeedError("no_data", `None of the ${byId.size} vectors is of an item of the catalogue`, {
      hint: `Ids must be those of the log: the vectors have "${some}", the catalogue "${items[0].id}".`,
    });
  }
  return { dim, vectors, has, unknown: byId.size - found, missing: items.length - found };
}

async function rowsOf(database: Database, file: SourceFile, table: Table): Promise<Row[]> {
  const { item, vector } = findVectorColumns(table.columns, file.path);
  const type = table.type(vector);
  const isText = type === "VARCHAR" || type === "JSON";
  if (!isText && !type.endsWith("]")) {
    throw new NearfeedError("bad_file", `${file.path} has ${type} in column "${vector}", expected lists of numbers`, {
      path: `${file.path}:${vector}`,
    });
  }
  const value = table.value(vector);
  const list = isText ? `try_cast(CAST(${value} AS VARCHAR) AS DOUBLE[])` : `try_cast(${value} AS DOUBLE[])`;
  const [row, id, values] = await database
    .columns(
      `SELECT row_number, CAST(${table.value(item)} AS VARCHAR), ${list} FROM ${table.relation} ORDER BY row_number`,
    )
    .catch((cause: unknown) => {
      throw badFile(file, cause);
    });
  return row.map((number, i) => ({
    file: file.path,
    row: Number(number),
    id: id[i] === null ? null : String(id[i]),
    vector: (values[i] as { readonly items: readonly DuckDBValue[] } | null)?.items ?? null,
  }));
}

/** The length that most vectors have; of equally many the smaller. */
function usualLength(rows: readonly Row[]): number {
  const counts = new Map<number, number>();
  for (const { vector } of rows)
    if (vector && vector.length > 0) counts.set(vector.length, (counts.get(vector.length) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return most?.[0] ?? 0;
}

function problemOf(
  id: string | null,
  vector: Float32Array | null,
  dim: number,
  before: ReadonlyMap<string, unknown>,
): Pick<BadRow, "field" | "problem"> | undefined {
  if (id === null) return { field: "item", problem: "got nothing, expected an id" };
  if (id.length > MAX_ID_CHARS) {
    return { field: "item", problem: `got ${id.length} characters, expected an id of 1–${MAX_ID_CHARS}` };
  }
  if (before.has(id)) return { field: "item", problem: `got "${id}" a second time` };
  if (vector === null) return { field: "vector", problem: "got no list of numbers" };
  if (vector.length !== dim) {
    return { field: "vector", problem: `got ${vector.length} numbers, expected ${dim}, as most have` };
  }
  const at = vector.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? undefined : { field: "vector", problem: `number ${at + 1} is not finite` };
}
