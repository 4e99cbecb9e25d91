/**
 * Files as DuckDB relations with a row number: the same two questions for every format, "which columns are there" and "give
 * me this column as text, number or list". A table is one file, or many NDJSON files of one log.
 */
import { statSync } from "node:fs";
import { NearfeedError } from "../../shared/errors.ts";
import { type Database, identifier, quote } from "./duckdb.ts";
import type { SourceFile } from "./files.ts";

export interface Table {
  readonly file: SourceFile;
  readonly columns: readonly string[];
  /** An SQL relation; its column `row_number` counts the data rows of each file from 1. */
  readonly relation: string;
  /** SQL of the place of a row's file among the files of the table. */
  readonly place: string;
  /** SQL that is true for a row of the wrong shape; absent where reading finds those by itself. */
  readonly malformed?: string;
  /** SQL for a column's value, NULL where it is absent or blank. */
  value(column: string): string;
  /** DuckDB's name of a column's type; `JSON` where every row may differ. */
  type(column: string): string;
}

/** A row of a file that has the wrong shape, found while scanning (CSV only). */
export interface MalformedRow {
  readonly line: number;
  readonly message: string;
}

/** How many records of a JSON file that is read by itself are looked at to learn its fields. */
const JSON_SAMPLE = 10_000;

const CSV_OPTIONS = "all_varchar=true, header=true, ignore_errors=true, store_rejects=true, rejects_limit=0";

/** @throws NearfeedError `bad_file` where there are no bytes or they are not of the format. */
export async function openTable(database: Database, file: SourceFile): Promise<Table> {
  checkNotEmpty(file);
  try {
    return file.format === "ndjson" ? await openJson(database, file) : await openColumns(database, file);
  } catch (cause) {
    throw badFile(file, cause);
  }
}

export function badFile(file: SourceFile, cause: unknown): NearfeedError {
  if (cause instanceof NearfeedError) return cause;
  const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
  return new NearfeedError("bad_file", `${file.path} cannot be read as ${file.format}: ${reason}`, {
    path: file.path,
    cause,
  });
}

/** Takes the rows that the last scan of a CSV file refused. */
export async function takeMalformedRows(database: Database, file: SourceFile): Promise<MalformedRow[]> {
  if (file.format !== "csv") return [];
  const rows = await database.rows(
    "SELECT line, min(error_message) AS message FROM reject_errors GROUP BY line ORDER BY line",
  );
  await database.run("DROP TABLE reject_errors; DROP TABLE reject_scans");
  return rows.map(({ line, message }) => ({ line: Number(line), message: String(message) }));
}

async function openColumns(database: Database, file: SourceFile): Promise<Table> {
  const path = quote(file.path);
  const scan =
    file.format === "parquet"
      ? `SELECT *, file_row_number + 1 AS row_number FROM read_parquet(${path}, file_row_number=true)`
      : `SELECT *, row_number() OVER () AS row_number FROM read_csv(${path}, ${CSV_OPTIONS}${/\.tsv/i.test(file.path) ? ", delim='\\t'" : ""})`;
  const described = await database.rows(`DESCRIBE ${scan}`);
  const types = new Map(described.map((row) => [String(row["column_name"]), String(row["column_type"])]));
  types.delete("row_number");
  types.delete("file_row_number");
  return {
    file,
    columns: [...types.keys()],
    relation: `(${scan})`,
    place: "0",
    value: (column) =>
      types.get(column) === "VARCHAR" ? `nullif(trim(${identifier(column)}), '')` : identifier(column),
    type: (column) => types.get(column) ?? "VARCHAR",
  };
}

/**
 * NDJSON files of one log as one table: a query a file would take a hundred times as long as the reading, and a log of
 * events has a part for every few seconds.
 *
 * @throws NearfeedError `bad_file` where one has no bytes, cannot be read or has no line of use
 */
export async function openJsonFiles(database: Database, files: readonly SourceFile[]): Promise<Table> {
  for (const file of files) checkNotEmpty(file);
  const paths = files.map(({ path, content = path }) => quote(content)).join(", ");
  const lines = `SELECT json, filename, row_number() OVER () AS line FROM read_ndjson_objects([${paths}], ignore_errors=true, filename=true)`;
  await database.run("CREATE TEMP TABLE IF NOT EXISTS json_file (filename VARCHAR, before BIGINT, objects BIGINT)");
  await database.run(
    `INSERT INTO json_file SELECT filename, min(line) - 1, count(*) FILTER (json_type(json) = 'OBJECT') FROM (${lines}) GROUP BY filename`,
  );
  const [useful] = await database.columns("SELECT filename FROM json_file WHERE objects > 0");
  const names = new Set(useful);
  const useless = files.find(({ path, content = path }) => !names.has(content));
  if (useless) throw noObjects(useless);
  const places = `SELECT unnest([${paths}]) AS filename, unnest(range(${files.length})) AS place`;
  return jsonTable(database, files[0], {
    relation: `(SELECT json, line - before AS row_number, place FROM (${lines}) JOIN json_file USING (filename) JOIN (${places}) USING (filename))`,
    place: "place",
    // A field may stand in the last of the files only.
    sample: "",
  });
}

/** An NDJSON file by itself. */
async function openJson(database: Database, file: SourceFile): Promise<Table> {
  const scan = `SELECT json, row_number() OVER () AS row_number FROM read_ndjson_objects(${quote(file.content ?? file.path)}, ignore_errors=true)`;
  const table = await jsonTable(database, file, {
    relation: `(${scan})`,
    place: "0",
    sample: `LIMIT ${JSON_SAMPLE}`,
  });
  if (table.columns.length === 0) throw noObjects(file);
  return table;
}

function noObjects({ path }: SourceFile): NearfeedError {
  return new NearfeedError("bad_file", `${path} has no line that is a JSON object`, {
    path,
    hint: "NDJSON is one JSON object a line; a JSON array becomes that with jq -c '.[]'.",
  });
}

async function jsonTable(
  database: Database,
  file: SourceFile,
  { relation, place, sample }: Pick<Table, "relation" | "place"> & { readonly sample: string },
): Promise<Table> {
  const [names] = await database.columns(
    `SELECT DISTINCT unnest(json_keys(json)) AS name FROM (SELECT json FROM ${relation} ${sample}) WHERE json_type(json) = 'OBJECT' ORDER BY name`,
  );
  return {
    file,
    columns: names.map(String),
    relation,
    place,
    malformed: "json IS NULL OR json_type(json) <> 'OBJECT'",
    value: (column) => `nullif(trim(json ->> ${quote(`$.${identifier(column)}`)}), '')`,
    type: () => "JSON",
  };
}

function checkNotEmpty({ path }: SourceFile): void {
  if (statSync(path).size === 0) throw new NearfeedError("bad_file", `${path} is empty`, { path });
}
