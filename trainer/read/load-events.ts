/**
 * Reads log files into the DuckDB table `event`: one row an event or exposure, typed and checked.
 *
 * Not here: which signals the events carry, and the compact arrays that training works on (`read-dataset.ts`).
 */
import { NearfeedError } from "../../shared/errors.ts";
import { EVENT_TYPES, type EventType } from "../../shared/event.ts";
import { MAX_ID_CHARS } from "../../shared/item.ts";
import { BAD_ROW_SAMPLES, type BadRow, type BadRowReport } from "./bad-rows.ts";
import { completeMapping } from "./detect-mapping.ts";
import { type Database, quote } from "./duckdb.ts";
import type { SourceFile } from "./files.ts";
import type { Mapping, TimeUnit } from "./mapping.ts";
import { badFile, openTable, type Table, takeMalformedRows } from "./table.ts";

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

const MS_PER_UNIT: Record<Exclude<TimeUnit, "text">, number> = { s: 1000, ms: 1, us: 0.001 };

/** Bit of each kind of event in the column `kinds`. */
export function kindBit(type: EventType): number {
  return 1 << EVENT_TYPES.indexOf(type);
}

export async function loadEvents(
  database: Database,
  files: readonly SourceFile[],
  given: Mapping,
  onFile?: (done: number, total: number) => void,
): Promise<LoadedEvents> {
  await database.run(`CREATE TABLE event (file INTEGER, row BIGINT, person VARCHAR, item VARCHAR, ms DOUBLE, ord DOUBLE,
    kinds INTEGER, value DOUBLE, dwell DOUBLE, fraction DOUBLE, list VARCHAR, position INTEGER, id VARCHAR, undoes VARCHAR,
    field VARCHAR, got VARCHAR)`);
  let mapping = given;
  const malformed: BadRow[] = [];
  for (const [number, file] of files.entries()) {
    const table = await openTable(database, file);
    mapping = completeMapping(table.columns, number === 0 ? given : mapping, file.path);
    if (mapping.time !== undefined && mapping.timeUnit === undefined) {
      mapping = { ...mapping, timeUnit: await detectTimeUnit(database, table, mapping.time) };
    }
    try {
      await database.run(`INSERT INTO event ${selectEvents(table, mapping, number)}`);
    } catch (cause) {
      throw badFile(file, cause);
    }
    for (const { line, message } of await takeMalformedRows(database, file)) {
      malformed.push({ file: file.path, row: line - 1, field: "row", got: message });
    }
    onFile?.(number + 1, files.length);
  }
  const bad = await takeBadRows(database, files, malformed);
  return { mapping, bad, timed: mapping.time !== undefined };
}

async function takeBadRows(database: Database, files: readonly SourceFile[], malformed: readonly BadRow[]): Promise<BadRowReport> {
  const [counts] = await database.rows("SELECT count(*) AS read, count(field) AS bad FROM event");
  const rows = await database.rows(
    `SELECT file, row, field, got FROM event WHERE field IS NOT NULL ORDER BY file, row LIMIT ${BAD_ROW_SAMPLES}`,
  );
  await database.run("DELETE FROM event WHERE field IS NOT NULL");
  const located = rows.map((row) => ({
    file: files[Number(row["file"])].path,
    row: rowInFile(Number(row["row"]), malformed, files[Number(row["file"])].path),
    field: String(row["field"]),
    got: row["got"] === null ? "nothing" : JSON.stringify(String(row["got"]).slice(0, 80)),
  }));
  return {
    read: Number(counts["read"]) + malformed.length,
    bad: Number(counts["bad"]) + malformed.length,
    samples: [...malformed, ...located].slice(0, BAD_ROW_SAMPLES),
  };
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

/** Casts that fail give NULL; `field` and `got` then name the first column that had a value or should have had one. */
function selectEvents(table: Table, mapping: Mapping, fileNumber: number): string {
  const raw = (column: string | undefined) => (column === undefined ? "NULL" : table.value(column));
  const double = (column: string | undefined) => `try_cast(${raw(column)} AS DOUBLE)`;
  const text = (column: string | undefined) => `CAST(${raw(column)} AS VARCHAR)`;
  const time = timeExpression(raw(mapping.time), mapping);
  const rating = `${double(mapping.rating)} * ${5 / (mapping.ratingScale ?? 5)}`;
  const kinds = kindsExpression(raw, mapping);
  const checks: [field: string, bad: string, got: string][] = [
    [mapping.user ?? "user", `${text(mapping.user)} IS NULL OR length(${text(mapping.user)}) > ${MAX_ID_CHARS}`, text(mapping.user)],
    [mapping.item ?? "item", `${text(mapping.item)} IS NULL OR length(${text(mapping.item)}) > ${MAX_ID_CHARS}`, text(mapping.item)],
  ];
  if (mapping.time !== undefined) checks.push([mapping.time, `${time} IS NULL OR ${time} < 0 OR NOT isfinite(${time})`, text(mapping.time)]);
  if (mapping.type !== undefined) checks.push([mapping.type, `${kinds} IS NULL`, text(mapping.type)]);
  if (mapping.rating !== undefined) checks.push([mapping.rating, `${rating} IS NULL OR NOT (${rating} BETWEEN 0.5 AND 5)`, text(mapping.rating)]);
  for (const column of [mapping.order, mapping.value, mapping.dwellMs, mapping.durationMs, mapping.fraction, mapping.position]) {
    if (column !== undefined) checks.push([column, `${raw(column)} IS NOT NULL AND coalesce(NOT isfinite(${double(column)}), true)`, text(column)]);
  }
  for (const column of Object.keys(mapping.flags ?? {})) {
    checks.push([column, `${raw(column)} IS NOT NULL AND ${flag(raw(column))} IS NULL`, text(column)]);
  }
  const cases = (pick: 0 | 2) =>
    checks.map((check) => `WHEN ${check[1]} THEN ${pick === 0 ? quote(check[0]) : check[2]}`).join(" ");
  const fraction =
    mapping.fraction !== undefined
      ? `least(1, greatest(0, ${double(mapping.fraction)}))`
      : `least(1, greatest(0, ${double(mapping.dwellMs)} / nullif(${double(mapping.durationMs)}, 0)))`;
  return `SELECT ${fileNumber}, row_number, ${text(mapping.user)}, ${text(mapping.item)}, ${time}, ${double(mapping.order)},
    ${kinds}, ${mapping.rating === undefined ? double(mapping.value) : rating}, ${double(mapping.dwellMs)}, ${fraction},
    ${text(mapping.list)}, try_cast(${raw(mapping.position)} AS INTEGER), ${text(mapping.id)}, ${text(mapping.undoes)},
    CASE ${cases(0)} END, CASE ${cases(2)} END FROM ${table.relation}`;
}

function timeExpression(value: string, mapping: Mapping): string {
  const unit = mapping.timeUnit ?? "ms";
  if (unit === "text") return `CAST(epoch_ms(try_cast(${value} AS TIMESTAMP)) AS DOUBLE)`;
  return `floor(try_cast(${value} AS DOUBLE) * ${MS_PER_UNIT[unit]})`;
}

function flag(value: string): string {
  return `CAST(try_cast(${value} AS BOOLEAN) AS INTEGER)`;
}

/** A bit for each kind of event that the row stands for. */
function kindsExpression(raw: (column: string | undefined) => string, mapping: Mapping): string {
  if (mapping.type !== undefined) {
    const kinds = EVENT_TYPES.map((type) => `WHEN ${quote(type)} THEN ${kindBit(type)}`).join(" ");
    return `CASE lower(CAST(${raw(mapping.type)} AS VARCHAR)) ${kinds} END`;
  }
  const flags = Object.entries(mapping.flags ?? {});
  if (flags.length > 0) {
    const bits = flags.map(([column, type]) => `coalesce(${flag(raw(column))}, 0) * ${kindBit(type)}`);
    const view = mapping.dwellMs === undefined ? "0" : `CASE WHEN ${raw(mapping.dwellMs)} IS NULL THEN 0 ELSE ${kindBit("view")} END`;
    return `(${[...bits, view, String(kindBit("impression"))].join(" | ")})`;
  }
  return String(kindBit(mapping.defaultType ?? (mapping.rating === undefined ? "click" : "rating")));
}

/** @throws NearfeedError `no_data` where no row was left. */
export function checkSomeEvents(count: number, files: readonly SourceFile[]): void {
  if (count > 0) return;
  throw new NearfeedError("no_data", `No usable event in ${files.map(({ path }) => path).join(", ")}`);
}
