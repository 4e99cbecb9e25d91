/**
 * The SQL that turns the rows of a log into rows of the table `event`: its columns by the mapping, and what every row is
 * held to. It runs nothing.
 */
import { ENVELOPE_VERSION, EVENT_LIMITS, EVENT_TYPES, type EventType } from "../../shared/event.ts";
import { MAX_ID_CHARS } from "../../shared/item.ts";
import { quote } from "./duckdb.ts";
import type { Mapping, TimeUnit } from "./mapping.ts";
import type { Table } from "./table.ts";

/** What every row is held to. */
export interface Check {
  readonly field: string;
  /** SQL that is true for a bad row. */
  readonly bad: string;
  /** SQL of the value for the message. */
  readonly got: string;
  /** In words. */
  readonly expected: string;
}

/** Milliseconds of the year 5138: a later time is in another unit than the rest. */
export const LATEST_MS = 1e14;

/** Milliseconds of 1973: where the column's times were found to be finer than seconds, an earlier one is in seconds. */
export const EARLIEST_FINE_MS = 1e11;

const DAY_MS = 86_400_000;

/** What a line may say of the version of its envelope. */
const VERSION = "v";

const MS_PER_UNIT: Record<Exclude<TimeUnit, "text">, number> = { s: 1000, ms: 1, us: 0.001 };

/** Bit of each kind of event in the column `kinds`. */
export function kindBit(type: EventType): number {
  return 1 << EVENT_TYPES.indexOf(type);
}

/** @param unitDetected whether the unit of times was found, not given */
export function eventChecks(table: Table, mapping: Mapping, unitDetected: boolean): Check[] {
  const { raw, double, text, time, rating, kinds } = expressions(table, mapping);
  const checks: Check[] = [];
  const check = (column: string, bad: string, expected: string) =>
    checks.push({ field: column, bad, got: text(column), expected });
  if (table.malformed !== undefined)
    checks.push({ field: "row", bad: table.malformed, got: "CAST(json AS VARCHAR)", expected: "a JSON object" });
  const isOfEdge = mapping.received !== undefined;
  if (isOfEdge && table.columns.includes(VERSION)) {
    const version = text(VERSION);
    check(VERSION, `${version} IS NOT NULL AND ${version} <> '${ENVELOPE_VERSION}'`, `version ${ENVELOPE_VERSION}`);
  }
  for (const column of [mapping.user!, mapping.item!]) {
    check(
      column,
      `${text(column)} IS NULL OR length(${text(column)}) > ${MAX_ID_CHARS}`,
      `an id of 1–${MAX_ID_CHARS} characters`,
    );
  }
  if (mapping.time !== undefined) {
    const unit = mapping.timeUnit ?? "ms";
    const earliest = unitDetected && (unit === "ms" || unit === "us") ? EARLIEST_FINE_MS : 0;
    const { wrongSkew, orSkew } = isOfEdge ? skewCheck(time, double(mapping.received)) : NO_SKEW;
    const expected =
      unit === "text"
        ? "a date or time from 1970 on"
        : `a time in ${unit} since 1970${unitDetected ? ", as most are" : ""}`;
    const wrong = `${time} IS NULL OR NOT (${time} BETWEEN ${earliest} AND ${LATEST_MS})`;
    check(mapping.time, `${wrong} OR ${wrongSkew}`, `${expected}${orSkew}`);
  }
  if (mapping.type !== undefined) check(mapping.type, `${kinds} IS NULL`, `one of ${EVENT_TYPES.join(", ")}`);
  if (mapping.rating !== undefined) {
    const best = mapping.ratingScale ?? 5;
    // Where a row may be something else than a rating, it may have none.
    const isOptional = mapping.type !== undefined || mapping.flags !== undefined;
    const lacks = isOptional ? `${raw(mapping.rating)} IS NOT NULL AND ` : "";
    const wrong = `coalesce(NOT (${rating} BETWEEN 0.5 AND 5), true)`;
    check(mapping.rating, `${lacks}${wrong}`, `a rating in ${best / 10}–${best}`);
  }
  for (const column of [
    mapping.order,
    mapping.value,
    mapping.dwellMs,
    mapping.durationMs,
    mapping.fraction,
    mapping.position,
  ]) {
    if (column !== undefined)
      check(
        column,
        `${raw(column)} IS NOT NULL AND coalesce(NOT isfinite(${double(column)}), true)`,
        "a finite number",
      );
  }
  if (mapping.propensity !== undefined) {
    const chance = double(mapping.propensity);
    const wrong = `coalesce(NOT (${chance} > 0 AND ${chance} <= 1), true)`;
    check(mapping.propensity, `${raw(mapping.propensity)} IS NOT NULL AND ${wrong}`, "a number above 0 and up to 1");
  }
  for (const column of [...Object.keys(mapping.flags ?? {}), ...(mapping.finished ? [mapping.finished] : [])]) {
    check(column, `${raw(column)} IS NOT NULL AND ${flag(raw(column))} IS NULL`, "0 or 1");
  }
  return checks;
}

/** Casts that fail give NULL; `field` and `got` then name the first column that had a value or should have had one. */
export function selectEvents(table: Table, mapping: Mapping, firstFile: number, checks: readonly Check[]): string {
  const { raw, double, text, time, rating, kinds } = expressions(table, mapping);
  const cases = (then: (check: Check) => string) =>
    checks.map((check) => `WHEN ${check.bad} THEN ${then(check)}`).join(" ");
  const fraction =
    mapping.fraction !== undefined
      ? `least(1, greatest(0, ${double(mapping.fraction)}))`
      : `least(1, greatest(0, ${double(mapping.dwellMs)} / nullif(${double(mapping.durationMs)}, 0)))`;
  const surface = `CASE WHEN length(${text(mapping.surface)}) BETWEEN 1 AND ${MAX_ID_CHARS} THEN ${text(mapping.surface)} END`;
  return `SELECT ${firstFile} + ${table.place}, row_number, ${text(mapping.user)}, ${text(mapping.item)}, ${time}, ${double(mapping.order)},
    ${kinds}, ${mapping.rating === undefined ? double(mapping.value) : rating}, ${double(mapping.dwellMs)}, ${fraction},
    ${flag(raw(mapping.finished))},
    ${text(mapping.list)}, try_cast(${raw(mapping.position)} AS INTEGER), ${double(mapping.propensity)}, ${surface}, ${text(mapping.id)}, ${text(mapping.undoes)},
    CASE ${cases(({ field }) => quote(field))} END, CASE ${cases(({ got }) => got)} END FROM ${table.relation}`;
}

const NO_SKEW = { wrongSkew: "false", orSkew: "" };

/** Whatever clock wrote a time: an edge takes none that is further off, and one by years would be the first or last of all. */
function skewCheck(time: string, received: string): typeof NO_SKEW {
  const { maxAgeMs, maxFutureMs } = EVENT_LIMITS;
  return {
    wrongSkew: `coalesce(NOT (${time} - ${received} BETWEEN ${-maxAgeMs} AND ${maxFutureMs}), false)`,
    orSkew: `, at most ${maxAgeMs / DAY_MS} days before it was received and ${maxFutureMs / DAY_MS} after`,
  };
}

/** SQL of a row's values. */
function expressions(table: Table, mapping: Mapping) {
  const raw = (column: string | undefined) => (column === undefined ? "NULL" : table.value(column));
  const double = (column: string | undefined) => `try_cast(${raw(column)} AS DOUBLE)`;
  const text = (column: string | undefined) => `CAST(${raw(column)} AS VARCHAR)`;
  return {
    raw,
    double,
    text,
    time: timeExpression(raw(mapping.time), mapping),
    rating: `${double(mapping.rating)} * ${5 / (mapping.ratingScale ?? 5)}`,
    kinds: kindsExpression(raw, mapping),
  };
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
    const looks = [mapping.dwellMs, mapping.fraction].filter((column) => column !== undefined);
    const view =
      looks.length === 0
        ? "0"
        : `CASE WHEN coalesce(${looks.map((column) => `CAST(${raw(column)} AS VARCHAR)`).join(", ")}) IS NULL THEN 0 ELSE ${kindBit("view")} END`;
    // Rows of a log that says by itself what was shown may be of what people came for.
    const shown = flags.some(([, type]) => type === "impression") ? "0" : String(kindBit("impression"));
    return `(${[...bits, view, shown].join(" | ")})`;
  }
  return String(kindBit(mapping.defaultType ?? (mapping.rating === undefined ? "click" : "rating")));
}
