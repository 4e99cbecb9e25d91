/**
 * Finds the columns of a log or item table by the names that logs usually give them. What it found is printed, and a
 * mapping overrides it.
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { EventType } from "../../shared/event.ts";
import {
  EVENT_COLUMNS,
  type GivenItemMapping,
  type GivenMapping,
  ITEM_COLUMNS,
  type ItemMapping,
  type Mapping,
  type WithoutNull,
} from "./mapping.ts";

/** Lower-case names without separators, most telling first. */
const EVENT_NAMES: Partial<Record<(typeof EVENT_COLUMNS)[number], readonly string[]>> = {
  user: ["user", "userid", "subject", "uid", "visitorid", "customerid", "reviewerid", "sessionid"],
  item: ["item", "itemid", "videoid", "movieid", "productid", "trackid", "songid", "articleid", "asin", "iid"],
  time: ["at", "timems", "timestamp", "time", "ts", "datetime", "eventtime", "createdat", "unixreviewtime"],
  order: ["ord", "order", "seq", "sequence"],
  type: ["type", "event", "eventtype", "action"],
  rating: ["rating", "stars", "overall"],
  value: ["value"],
  dwellMs: ["dwellms", "playtimems", "watchms"],
  durationMs: ["durationms", "videodurationms"],
  fraction: ["fraction", "watchratio"],
  finished: ["finished", "completed", "longview"],
  list: ["list", "listid"],
  position: ["position"],
  propensity: ["propensity"],
  surface: ["surface"],
  undoes: ["event"],
  received: ["received"],
};

const ITEM_NAMES: Partial<Record<(typeof ITEM_COLUMNS)[number], readonly string[]>> = {
  id: ["id", ...(EVENT_NAMES.item ?? [])],
  title: ["title", "name", "headline"],
  categories: ["categories", "category", "genres", "genre", "topics", "topic", "tag"],
  tags: ["tags", "keywords"],
  author: ["author", "authorid", "artist", "brand", "director"],
  year: ["year", "releaseyear"],
  publishedAt: ["publishedat", "uploaddt", "releasedate", "date"],
  durationMs: ["durationms", "videoduration"],
  language: ["language", "lang"],
  text: ["text", "description"],
  url: ["url", "link"],
  image: ["image", "imageurl", "poster"],
};

/** 0/1 columns of exposure logs and what they say. */
const FLAG_NAMES: Readonly<Record<string, EventType>> = {
  isshown: "impression",
  isclick: "click",
  islike: "like",
  ishate: "hide",
  isforward: "share",
  isfavorite: "save",
  isfavourite: "save",
  isskip: "skip",
  clicked: "click",
  liked: "like",
};

/** A detected mapping with the given one laid over it, and its columns checked. What is given as null is not looked for. */
export function completeMapping(columns: readonly string[], asked: GivenMapping, file: string): Mapping {
  const { items: _, ...all } = asked;
  const given = withoutNulls(all);
  const detected: Record<string, unknown> = {};
  for (const field of EVENT_COLUMNS) {
    const found = all[field] === null ? undefined : find(columns, EVENT_NAMES[field] ?? []);
    if (found !== undefined) detected[field] = found;
  }
  if (given.type === undefined && all.flags === undefined && detected["type"] === undefined) {
    const flags = columns.flatMap((name) => (FLAG_NAMES[plain(name)] ? [[name, FLAG_NAMES[plain(name)]]] : []));
    if (flags.length > 0) detected["flags"] = Object.fromEntries(flags);
  }
  // Who names columns of 0 and 1 says what a row is: a column `type` is of the item then, and stars are another matter.
  if (given.flags !== undefined) for (const field of ["type", "rating"]) delete detected[field];
  // One column cannot be both the kind of an event and the event that is undone.
  if (detected["undoes"] === (given.type ?? detected["type"])) delete detected["undoes"];
  // The id of an event only matters for what undoes it, and where an edge gave one to every event.
  const isOfEdge = detected["received"] !== undefined;
  if (all.id !== null && (detected["undoes"] !== undefined || isOfEdge) && columns.includes("id"))
    detected["id"] = "id";
  const whole: Mapping = { ...detected, ...given };
  for (const field of ["user", "item"] as const) {
    if (whole[field] === undefined)
      throw missing(file, field, columns, `${(EVENT_NAMES[field] ?? []).slice(0, 4).join(", ")} or the like`);
  }
  checkColumns(columns, [...EVENT_COLUMNS.map((field) => whole[field]), ...Object.keys(whole.flags ?? {})], file);
  return whole;
}

/** The same for an item table. */
export function completeItemMapping(columns: readonly string[], all: GivenItemMapping, file: string): ItemMapping {
  const given = withoutNulls(all);
  const detected: Record<string, string> = {};
  for (const field of ITEM_COLUMNS) {
    const found = all[field] === null ? undefined : find(columns, ITEM_NAMES[field] ?? []);
    if (found !== undefined && !Object.values(detected).includes(found)) detected[field] = found;
  }
  const whole: ItemMapping = { ...detected, ...given };
  if (whole.id === undefined) throw missing(file, "items.id", columns, "id, item, item_id or the like");
  checkColumns(
    columns,
    ITEM_COLUMNS.map((field) => whole[field]),
    file,
  );
  return whole;
}

function withoutNulls<T extends object>(given: T): WithoutNull<T> {
  // The entries that are left are those of T, less null.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) as WithoutNull<T>;
}

/** What tables of vectors call them; Spark's ALS writes `id` and `features`. */
const VECTOR_NAMES = ["vector", "features", "embedding", "factors"];

/** The columns of a table of vectors. */
export function findVectorColumns(columns: readonly string[], file: string): { item: string; vector: string } {
  const item = find(columns, ITEM_NAMES.id ?? []);
  const vector = find(columns, VECTOR_NAMES);
  const hint = "Rename the columns to item and vector.";
  if (item === undefined) throw missing(file, "item", columns, "item, id, item_id or the like", hint);
  if (vector === undefined) throw missing(file, "vector", columns, VECTOR_NAMES.join(", "), hint);
  return { item, vector };
}

function checkColumns(columns: readonly string[], wanted: readonly (string | undefined)[], file: string): void {
  for (const name of wanted) {
    if (name !== undefined && !columns.includes(name)) throw missing(file, name, columns, `"${name}"`);
  }
}

function missing(
  file: string,
  path: string,
  columns: readonly string[],
  wanted: string,
  hint = "Name the columns with --mapping FILE or with flags such as --user, --item, --time (see nearfeed train --help).",
): NearfeedError {
  return new NearfeedError(
    "missing_column",
    `${file} has no column for "${path}": got ${columns.join(", ")}; expected ${wanted}`,
    {
      path: `${file}:${path}`,
      hint,
    },
  );
}

function find(columns: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = columns.find((column) => plain(column) === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
