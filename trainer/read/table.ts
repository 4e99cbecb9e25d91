/**
 * One file as a DuckDB relation with a row number: the same two questions for every format, "which columns are there"
 * and "give me this column as text, number or list".
 */
import { statSync } from "node:fs";
import { NearfeedError } from "../../shared/errors.ts";
import { type Database, identifier, quote } from "./duckdb.ts";
import type { SourceFile } from "./files.ts";

export interface Table {
  readonly file: SourceFile;
  readonly columns: readonly string[];
  /** An SQL relation; its column `row_number` counts the data rows from 1. */
  readonly relation: string;
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

/** How many records of a JSON file are read to learn its fields. */
const JSON_SAMPLE = 10_000;

const CSV_OPTIONS = "all_varchar=true, header=true, ignore_errors=true, store_rejects=true, rejects_limit=0";

/** @throws NearfeedError `bad_file` where there are no bytes or they are not of the format. */
export async function openTable(database: Database, file: SourceFile): Promise<Table> {
  if (statSync(file.path).size === 0) throw new NearfeedError("bad_file", `${file.path} is empty`, { path: file.path });
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
    value: (column) =>
      types.get(column) === "VARCHAR" ? `nullif(trim(${identifier(column)}), '')` : identifier(column),
    type: (column) => types.get(column) ?? "VARCHAR",
  };
}

async function openJson(database: Database, file: SourceFile): Promise<Table> {
  const scan = `SELECT json, row_number() OVER () AS row_number FROM read_ndjson_objects(${quote(file.path)}, ignore_errors=true)`;
  const [names] = await database.columns(
    `SELECT DISTINCT unnest(json_keys(json)) AS name FROM (${scan} LIMIT ${JSON_SAMPLE}) WHERE json_type(json) = 'OBJECT' ORDER BY name`,
  );
  if (names.length === 0) {
    throw new NearfeedError("bad_file", `${file.path} has no line that is a JSON object`, {
      path: file.path,
      hint: "NDJSON is one JSON object a line; a JSON array becomes that with jq -c '.[]'.",
    });
  }
  return {
    file,
    columns: names.map(String),
    relation: `(${scan})`,
    malformed: "json IS NULL OR json_type(json) <> 'OBJECT'",
    value: (column) => `nullif(trim(json ->> ${quote(`$.${identifier(column)}`)}), '')`,
    type: () => "JSON",
  };
}
