/** Reads logs and an item table into a dataset. The only way data enters the trainer. */
import { type Item, MAX_ID_CHARS } from "../../shared/item.ts";
import { type BadRowLimit, type BadRowReport, checkBadRows, DEFAULT_MAX_BAD_ROWS } from "./bad-rows.ts";
import { type Dataset, FINISHED_UNSAID, LAST_POSITION, POSITION_UNSAID, SURFACE_UNSAID } from "./dataset.ts";
import { type Database, openDatabase, quote } from "./duckdb.ts";
import { kindBit } from "./event-sql.ts";
import { expandFiles } from "./files.ts";
import { checkSomeEvents, loadEvents } from "./load-events.ts";
import { loadItems } from "./load-items.ts";
import type { GivenMapping, ItemMapping, Mapping } from "./mapping.ts";

export interface ReadOptions {
  /** Files, globs or folders of the log. */
  readonly events: readonly string[];
  /** Files, globs or folders of the item table. */
  readonly items?: readonly string[];
  /** Ids of items that are in the catalogue whether or not a file names them. */
  readonly known?: Iterable<string>;
  readonly mapping?: GivenMapping;
  readonly maxBadRows?: BadRowLimit;
  readonly onFile?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ReadReport {
  readonly mapping: Mapping;
  readonly itemMapping?: ItemMapping;
  readonly events: BadRowReport;
  readonly items?: BadRowReport;
  readonly duplicates: number;
  /** Events that an `undo` of the log took back, the undo itself included. */
  readonly undone: number;
  /** Items that the log names and the item table lacks; they are kept without metadata. */
  readonly unknownItems: number;
}

/** @throws NearfeedError `file_not_found`, `bad_file`, `missing_column`, `too_many_bad_rows` or `no_data`. */
export async function readDataset(options: ReadOptions): Promise<{ dataset: Dataset; report: ReadReport }> {
  const files = expandFiles(options.events);
  const itemFiles = expandFiles(options.items ?? []);
  const limit = options.maxBadRows ?? DEFAULT_MAX_BAD_ROWS;
  using database = await openDatabase(options.signal);
  const loaded = await loadEvents(database, files, options.mapping ?? {}, options.onFile, options.signal);
  checkBadRows(loaded.bad, limit);
  const catalogue =
    itemFiles.length > 0 ? await loadItems(database, itemFiles, options.mapping?.items ?? {}) : undefined;
  if (catalogue) checkBadRows(catalogue.bad, limit);
  const undone = await removeUndone(database);
  const duplicates = await removeDuplicates(database, loaded.mapping);
  const users = (await database.columns("SELECT DISTINCT person FROM event ORDER BY person"))[0].map(String);
  checkSomeEvents(users.length, files);
  const seen = (await database.columns("SELECT DISTINCT item FROM event"))[0].map(String);
  const ids = [...new Set([...seen, ...(catalogue?.items.keys() ?? []), ...(options.known ?? [])])].sort();
  const items = ids.map((id): Item => catalogue?.items.get(id) ?? { id, categories: [] });
  const ordered = loaded.mapping.unordered !== true;
  const timed = ordered && loaded.timed;
  const dataset: Dataset = {
    name: options.events.join(" "),
    users,
    items,
    ...(await takeEvents(database, users, ids, { timed, ordered, mapping: loaded.mapping })),
    timed,
    ordered,
  };
  const report: ReadReport = {
    mapping: loaded.mapping,
    ...(catalogue && { itemMapping: catalogue.mapping, items: catalogue.bad }),
    events: loaded.bad,
    duplicates,
    undone,
    unknownItems: catalogue ? seen.filter((id) => !catalogue.items.has(id)).length : 0,
  };
  return { dataset, report };
}

/** The least of single precision that is not 0; Spark's sample has it too. */
const LEAST_PROPENSITY = 2 ** -126;

function saysAllOfAnExposure({ type, flags }: Mapping): boolean {
  return type === undefined && Object.keys(flags ?? {}).length > 0;
}

async function count(database: Database): Promise<number> {
  return Number((await database.rows("SELECT count(*) AS n FROM event"))[0]["n"]);
}

/** Takes out every undo and what it undoes. An undo of an undo is not followed: devices send none. */
async function removeUndone(database: Database): Promise<number> {
  const before = await count(database);
  const undo = kindBit("undo");
  await database.run(
    `DELETE FROM event WHERE id IN (SELECT undoes FROM event WHERE kinds & ${undo} > 0 AND undoes IS NOT NULL)`,
  );
  await database.run(`DELETE FROM event WHERE kinds & ${undo} > 0`);
  return before - (await count(database));
}

/**
 * Removes duplicates, keeping the first: of one event id, where there are ids, and exact ones. In a log of typed events that is
 * the same kind of event at the same time; elsewhere a person cannot be shown, or rate, one item twice at one moment.
 */
async function removeDuplicates(database: Database, mapping: Mapping): Promise<number> {
  const before = await count(database);
  const key = mapping.type === undefined ? "person, item, ms, ord" : "person, item, ms, ord, kinds, list, position";
  const named = "coalesce('id ' || id, 'row ' || file || ' ' || row)";
  for (const each of [...(mapping.id === undefined ? [] : [named]), key]) {
    await database.run(
      `CREATE TABLE first_event AS SELECT * FROM event QUALIFY row_number() OVER (PARTITION BY ${each} ORDER BY file, row) = 1;
       DROP TABLE event; ALTER TABLE first_event RENAME TO event`,
    );
  }
  return before - (await count(database));
}

/** Those of most events first; what is longer than an id may be is none. */
async function surfacesOf(database: Database): Promise<string[]> {
  const [names] = await database.columns(
    `SELECT surface FROM event WHERE surface IS NOT NULL GROUP BY surface ORDER BY count(*) DESC, surface LIMIT ${SURFACE_UNSAID}`,
  );
  return names.map(String).filter((name) => name.length <= MAX_ID_CHARS);
}

async function takeEvents(
  database: Database,
  users: readonly string[],
  ids: readonly string[],
  { timed, ordered, mapping }: Pick<Dataset, "timed" | "ordered"> & { readonly mapping: Mapping },
): Promise<Pick<Dataset, "events" | "surfaces">> {
  // Of user and item: by item alone, the same items would be the last of everyone.
  const order = ordered ? `ms, ord, kinds <> ${kindBit("impression")}, item` : "md5(person || ' ' || item), item";
  const surfaces = mapping.surface === undefined ? [] : await surfacesOf(database);
  const names = `[${surfaces.map(quote).join(", ")}]`;
  const place = surfaces.length > 0 ? `nullif(list_position(${names}, surface), 0) - 1` : "NULL";
  // Sorted in SQL by the text of the id, looked up here: ids may differ from SQL's collation, numbers do not.
  const [person, item, ms, kinds, value, dwell, fraction, finished, position, propensity, shownOn] =
    await database.columns(
      `SELECT person, item, ${timed ? "ms" : "0.0"}, kinds, coalesce(value, 'NaN'), coalesce(dwell, 'NaN'), coalesce(fraction, 'NaN'),
       coalesce(finished, ${FINISHED_UNSAID}), greatest(${POSITION_UNSAID}, least(${LAST_POSITION}, coalesce(position, ${POSITION_UNSAID}))), greatest(coalesce(propensity, 1.0), ${LEAST_PROPENSITY}), coalesce(${place}, ${SURFACE_UNSAID})
     FROM event ORDER BY person, ${order}, file, row`,
    );
  const userOf = new Map(users.map((user, u) => [user, u]));
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const start = new Uint32Array(users.length + 1);
  for (const user of person) start[userOf.get(user as string)! + 1]++;
  for (let u = 0; u < users.length; u++) start[u + 1] += start[u];
  const at = Float64Array.from(ms as number[]);
  if (!timed) {
    for (let u = 0; u < users.length; u++) for (let e = start[u]; e < start[u + 1]; e++) at[e] = e - start[u];
  }
  const events: Dataset["events"] = {
    start,
    item: Uint32Array.from(item as string[], (id) => rowOf.get(id)!),
    at,
    kinds: Uint16Array.from(kinds as number[]),
    value: Float32Array.from(value as number[]),
    dwellMs: Float32Array.from(dwell as number[]),
    fraction: Float32Array.from(fraction as number[]),
    ...(mapping.finished !== undefined && { finished: Uint8Array.from(finished as number[]) }),
    ...(mapping.position !== undefined && { position: Int16Array.from(position as number[]) }),
    ...(mapping.propensity !== undefined && { propensity: Float32Array.from(propensity as number[]) }),
    ...(surfaces.length > 0 && { surface: Uint8Array.from(shownOn as number[]) }),
    ...(saysAllOfAnExposure(mapping) && { saysAll: new Uint8Array(at.length).fill(1) }),
  };
  return { events, ...(surfaces.length > 0 && { surfaces }) };
}
