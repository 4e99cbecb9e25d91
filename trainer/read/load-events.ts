/**
 * Reads log files into the DuckDB table `event`: one row an event or exposure, typed and checked.
 *
 * Not here: which signals the events carry, and the compact arrays that training works on (`read-dataset.ts`).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import { BAD_ROW_SAMPLES, type BadRow, type BadRowReport } from "./bad-rows.ts";
import { completeMapping } from "./detect-mapping.ts";
import type { Database } from "./duckdb.ts";
import { eventChecks, selectEvents } from "./event-sql.ts";
import type { SourceFile } from "./files.ts";
import type { GivenMapping, Mapping, TimeUnit } from "./mapping.ts";
import { takeWhole, type WholeFiles } from "./torn-parts.ts";
import { badFile, openJsonFiles, openTable, type Table, takeMalformedRows } from "./table.ts";

export interface LoadedEvents {
  /** Columns as they were used, for the report. */
  readonly mapping: Mapping;
  readonly bad: BadRowReport;
  /** Whether the log has times. */
  readonly timed: boolean;
}

/** Times below are seconds, above this many they are microseconds; in between milliseconds. */
const SECONDS_BELOW = 1e11;
const MICROSECONDS_FROM = 1e14;

/** NDJSON files a query: it names all of them, and progress moves once for each. */
const JSON_FILES_AT_ONCE = 1_000;

/** Longest excerpt of a value in a message. */
const MAX_SHOWN_CHARS = 40;

export async function loadEvents(
  database: Database,
  files: readonly SourceFile[],
  given: GivenMapping,
  onFile?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<LoadedEvents> {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-torn-"));
  try {
    return await loadWhole(database, await takeWhole(files, folder, signal), given, onFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function loadWhole(
  database: Database,
  { files, bad: torn }: WholeFiles,
  given: GivenMapping,
  onFile?: (done: number, total: number) => void,
): Promise<LoadedEvents> {
  await database.run(`CREATE TABLE event (file INTEGER, row BIGINT, person VARCHAR, item VARCHAR, ms DOUBLE, ord DOUBLE,
    kinds INTEGER, value DOUBLE, dwell DOUBLE, fraction DOUBLE, finished INTEGER, list VARCHAR, position INTEGER, propensity DOUBLE, surface VARCHAR, id VARCHAR, undoes VARCHAR,
    field VARCHAR, got VARCHAR)`);
  let mapping: Mapping = {};
  const expected = new Map<string, string>();
  const malformed: BadRow[] = [...torn];
  const tables: { table: Table; files: readonly SourceFile[] }[] = [];
  for (const group of groupsOf(files)) tables.push({ table: await openGroup(database, group), files: group });
  const jsonFields = [...new Set(tables.flatMap(({ table }) => (isJson(table.file) ? table.columns : [])))].sort();
  let done = 0;
  for (const { table, files: group } of tables) {
    const { file } = table;
    try {
      // A JSON line leaves out what does not apply, so one file of a log may lack a field that the others have.
      const columns = isJson(file) ? jsonFields : table.columns;
      mapping = completeMapping(columns, { ...given, ...mapping }, file.path);
      checkIdColumns(table, mapping);
      if (mapping.time !== undefined && mapping.timeUnit === undefined) {
        mapping = { ...mapping, timeUnit: await detectTimeUnit(database, table, mapping.time) };
      }
      const checks = eventChecks(table, mapping, given.timeUnit === undefined);
      for (const check of checks) expected.set(check.field, check.expected);
      await database.run(`INSERT INTO event ${selectEvents(table, mapping, done, checks)}`);
      for (const { line, message } of await takeMalformedRows(database, file)) {
        malformed.push({ file: file.path, row: line - 1, field: "row", problem: message });
      }
    } catch (cause) {
      throw badFile(file, cause);
    }
    onFile?.((done += group.length), files.length);
  }
  const bad = await takeBadRows(database, files, malformed, expected);
  return { mapping, bad, timed: mapping.time !== undefined };
}

function isJson({ format }: SourceFile): boolean {
  return format === "ndjson";
}

/** Files that are read at once: NDJSON files beside each other, every other file by itself. */
function groupsOf(files: readonly SourceFile[]): SourceFile[][] {
  const groups: SourceFile[][] = [];
  for (const file of files) {
    const last = groups.at(-1);
    if (last && isJson(file) && isJson(last[0]) && last.length < JSON_FILES_AT_ONCE) last.push(file);
    else groups.push([file]);
  }
  return groups;
}

async function openGroup(database: Database, group: readonly SourceFile[]): Promise<Table> {
  if (group.length === 1) return openTable(database, group[0]);
  try {
    return await openJsonFiles(database, group);
  } catch (cause) {
    // The error of many files at once may not say which it is.
    for (const file of group) await openTable(database, file);
    throw badFile(group[0], cause);
  }
}

/** Lists and structs have a text too, but an id that is one is a wrong column. */
function checkIdColumns(table: Table, { user, item }: Mapping): void {
  for (const column of [user, item]) {
    const type = column === undefined ? "" : table.type(column);
    if (!/\]$|^(STRUCT|MAP|UNION|BLOB)/.test(type)) continue;
    throw new NearfeedError(
      "bad_file",
      `${table.file.path} has ids of type ${type} in column "${column}", expected text or numbers`,
      {
        path: `${table.file.path}:${column}`,
      },
    );
  }
}

async function takeBadRows(
  database: Database,
  files: readonly SourceFile[],
  malformed: readonly BadRow[],
  expected: ReadonlyMap<string, string>,
): Promise<BadRowReport> {
  const [counts] = await database.rows("SELECT count(*) AS read, count(field) AS bad FROM event");
  const rows = await database.rows(
    `SELECT file, row, field, got FROM event WHERE field IS NOT NULL ORDER BY file, row LIMIT ${BAD_ROW_SAMPLES}`,
  );
  await database.run("DELETE FROM event WHERE field IS NOT NULL");
  const located = rows.map((row) => ({
    file: files[Number(row["file"])].path,
    row: rowInFile(Number(row["row"]), malformed, files[Number(row["file"])].path),
    field: String(row["field"]),
    problem: `got ${row["got"] === null ? "nothing" : shorten(String(row["got"]))}, expected ${expected.get(String(row["field"]))}`,
  }));
  return {
    read: Number(counts["read"]) + malformed.length,
    bad: Number(counts["bad"]) + malformed.length,
    samples: [...malformed, ...located].slice(0, BAD_ROW_SAMPLES),
  };
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_CHARS
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, MAX_SHOWN_CHARS))}… (${text.length} characters)`;
}

/** DuckDB does not number the rows it refuses: those before a row move it down. */
function rowInFile(numbered: number, malformed: readonly BadRow[], path: string): number {
  let row = numbered;
  for (const refused of malformed) if (refused.file === path && refused.row <= row) row++;
  return row;
}

async function detectTimeUnit(database: Database, table: Table, column: string): Promise<TimeUnit> {
  if (/^(DATE|TIMESTAMP)/.test(table.type(column))) return "text";
  const [sample] = await database.rows(
    `SELECT median(try_cast(value AS DOUBLE)) AS middle, count(value) AS filled, count(try_cast(value AS DOUBLE)) AS numbers
     FROM (SELECT ${table.value(column)} AS value FROM ${table.relation} LIMIT 10000)`,
  );
  if (Number(sample["numbers"]) * 2 < Number(sample["filled"])) return "text";
  const middle = Number(sample["middle"]);
  return middle < SECONDS_BELOW ? "s" : middle < MICROSECONDS_FROM ? "ms" : "us";
}

/** @throws NearfeedError `no_data` where no row was left. */
export function checkSomeEvents(count: number, files: readonly SourceFile[]): void {
  if (count > 0) return;
  throw new NearfeedError("no_data", `No usable event in ${files.map(({ path }) => path).join(", ")}`);
}
