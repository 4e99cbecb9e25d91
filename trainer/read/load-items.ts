/** Reads item tables into `Item`s. Fields that do not fit are bad rows; an item without a usable id is left out. */
import { NearfeedError } from "../../shared/errors.ts";
import { type Item, parseItem } from "../../shared/item.ts";
import { BAD_ROW_SAMPLES, type BadRow, type BadRowReport } from "./bad-rows.ts";
import { completeItemMapping } from "./detect-mapping.ts";
import type { Database } from "./duckdb.ts";
import type { SourceFile } from "./files.ts";
import type { GivenItemMapping, ItemMapping } from "./mapping.ts";
import { badFile, openTable, type Table, takeMalformedRows } from "./table.ts";

export interface LoadedItems {
  readonly mapping: ItemMapping;
  readonly items: ReadonlyMap<string, Item>;
  readonly bad: BadRowReport;
}

/** Joins the entries of a list on its way out of SQL; no text holds it. */
const SEPARATOR = "\u001f";

/** How tables write "not known" where a number belongs. */
const UNKNOWN = "('NA', 'N/A', 'NULL', 'null', 'NaN', '\\N')";

/** Tried in this order where the mapping names no separator of categories. */
const SPLITS = ["|", ";", ","];

type Row = Record<string, string | null>;

export async function loadItems(
  database: Database,
  files: readonly SourceFile[],
  given: GivenItemMapping,
): Promise<LoadedItems> {
  const items = new Map<string, Item>();
  const samples: BadRow[] = [];
  let [read, bad] = [0, 0];
  let mapping: ItemMapping = {};
  const refuse = (row: BadRow) => {
    bad++;
    if (samples.length < BAD_ROW_SAMPLES) samples.push(row);
  };
  for (const file of files) {
    const table = await openTable(database, file);
    mapping = completeItemMapping(table.columns, { ...given, ...mapping }, file.path);
    const rows = await database.rows(selectItems(table, mapping)).catch((cause: unknown) => {
      throw badFile(file, cause);
    });
    for (const { line, message } of await takeMalformedRows(database, file)) {
      read++;
      refuse({ file: file.path, row: line - 1, field: "row", problem: message });
    }
    const split = mapping.split ?? detectSplit(rows as Row[]);
    for (const row of rows as Row[]) {
      read++;
      try {
        const item = parseItem(toItem(row, mapping, split));
        if (!items.has(item.id)) items.set(item.id, item);
        else
          refuse({ file: file.path, row: Number(row["row"]), field: "id", problem: `got "${item.id}" a second time` });
      } catch (error) {
        if (!(error instanceof NearfeedError)) throw error;
        const field = error.path ?? "row";
        refuse({ file: file.path, row: Number(row["row"]), field, problem: error.message.replace(`${field} `, "") });
      }
    }
  }
  return { mapping, items, bad: { read, bad, samples } };
}

function selectItems(table: Table, mapping: ItemMapping): string {
  const text = (column: string | undefined) =>
    column === undefined ? "NULL" : `CAST(${table.value(column)} AS VARCHAR)`;
  const numeric = (column: string | undefined) =>
    column === undefined ? "NULL" : `CASE WHEN ${text(column)} NOT IN ${UNKNOWN} THEN ${text(column)} END`;
  const list = (column: string | undefined) => {
    if (column === undefined) return "NULL";
    if (table.type(column).endsWith("[]"))
      return `array_to_string(CAST(${table.value(column)} AS VARCHAR[]), '${SEPARATOR}')`;
    return text(column);
  };
  const time = (column: string | undefined) => {
    const value = column === undefined ? "NULL" : table.value(column);
    return `CAST(coalesce(try_cast(CAST(${value} AS VARCHAR) AS BIGINT), epoch_ms(try_cast(CAST(${value} AS VARCHAR) AS TIMESTAMP))) AS VARCHAR)`;
  };
  return `SELECT CAST(row_number AS VARCHAR) AS row, ${text(mapping.id)} AS id, ${text(mapping.title)} AS title, ${list(mapping.categories)} AS categories,
    ${list(mapping.tags)} AS tags, ${text(mapping.author)} AS author, ${numeric(mapping.year)} AS year, ${time(mapping.publishedAt)} AS published,
    ${numeric(mapping.durationMs)} AS duration, ${text(mapping.language)} AS language, ${text(mapping.text)} AS text, ${text(mapping.url)} AS url,
    ${text(mapping.image)} AS image FROM ${table.relation} ORDER BY row_number`;
}

function toItem(row: Row, mapping: ItemMapping, split: string | undefined): Record<string, unknown> {
  const list = (text: string | null) => {
    if (text === null) return [];
    const parts = text.startsWith("[")
      ? jsonList(text)
      : text.includes(SEPARATOR)
        ? text.split(SEPARATOR)
        : split
          ? text.split(split)
          : [text];
    return [...new Set(parts.map((part) => part.trim()))].filter((part) => part !== "" && part !== mapping.none);
  };
  const tags = list(row["tags"]);
  const year = row["year"] === null ? undefined : Number(row["year"]);
  if (year !== undefined && !Number.isInteger(year)) {
    throw new NearfeedError("bad_value", `year must be a whole number, got "${row["year"]}"`, { path: "year" });
  }
  const published =
    row["published"] !== null ? Number(row["published"]) : year !== undefined ? Date.UTC(year, 0, 1) : undefined;
  return {
    id: row["id"] ?? undefined,
    categories: list(row["categories"]),
    ...(row["title"] !== null && { title: row["title"] }),
    ...(tags.length > 0 && { tags }),
    ...(row["author"] !== null && { author: row["author"] }),
    // Items from before 1970 have no publishing time: the format counts from there.
    ...(published !== undefined && published >= 0 && { publishedAt: published }),
    ...(row["duration"] !== null && { durationMs: Math.round(Number(row["duration"])) }),
    ...(row["language"] !== null && { language: row["language"] }),
    ...(row["text"] !== null && { text: row["text"] }),
    ...(row["url"] !== null && { url: row["url"] }),
    ...(row["image"] !== null && { image: row["image"] }),
    ...(year !== undefined && { data: { year } }),
  };
}

function jsonList(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : [text];
  } catch {
    return [text];
  }
}

function detectSplit(rows: readonly Row[]): string | undefined {
  return SPLITS.find((split) => rows.some((row) => row["categories"]?.includes(split)));
}
