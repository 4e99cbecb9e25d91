/**
 * A mapping says which column of a log or item table holds what. It comes from a JSON file, from flags, or from the
 * usual names (`detect-mapping.ts`); what is given wins over what is detected.
 */
import { EVENT_TYPES } from "../../shared/event.ts";
import {
  boolean,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Parsed,
  type Parser,
  record,
  string,
} from "../../shared/parse.ts";

const column = string({ min: 1, max: 256 });
/** null: there is no such column, whatever the names of those that there are. */
const given = <T>(parser: Parser<T>) => optional(nullable(parser));

/** How times are written: seconds, milliseconds or microseconds since 1970, or text or a date type. */
export const TIME_UNITS = ["s", "ms", "us", "text"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** Most flag columns of one log; real ones have a dozen. */
const MAX_FLAGS = 32;

const eventFields = {
  user: optional(column),
  item: optional(column),
  /** When it happened. */
  time: given(column),
  timeUnit: optional(oneOf(TIME_UNITS)),
  /** Position of the event among its user's; for logs without time, or to break ties of it. */
  order: given(column),
  /** True where neither time nor order means anything: a person's events are then one set. */
  unordered: optional(boolean),
  /** Kind of event, one of Nearfeed's names. */
  type: given(column),
  /** Kind of every row of a log that has neither `type` nor flags nor a rating. */
  defaultType: optional(oneOf(EVENT_TYPES)),
  /** Stars. */
  rating: given(column),
  /** The best rating of the scale, where it is not 5. */
  ratingScale: optional(number({ min: 1, max: 1000 })),
  /** Columns of 0 or 1 and the kind of event each stands for; a row is then one exposure. */
  flags: given(record(oneOf(EVENT_TYPES), { max: MAX_FLAGS })),
  value: given(column),
  dwellMs: given(column),
  /** Length of the item, to turn dwell into a fraction. */
  durationMs: given(column),
  fraction: given(column),
  /** Column of 0 or 1: whether the person finished the item, by the log's own account of it. */
  finished: given(column),
  list: given(column),
  position: given(column),
  /** How likely it was to be shown there, above 0 and up to 1: what was drawn is then weighed by it. */
  propensity: given(column),
  /** Where it was shown: the page or the part of it that has lists of its own. */
  surface: given(column),
  /** Id of the event, and the id of the event that an `undo` takes back. */
  id: given(column),
  undoes: given(column),
  /** When the log's keeper took the event, ms: a log of an edge has it, and is held to what an edge takes. */
  received: given(column),
} as const;

const itemFields = {
  id: optional(column),
  title: given(column),
  categories: given(column),
  /** What separates several categories in one text; lists need none. */
  split: optional(string({ min: 1, max: 8 })),
  /** The text that stands for "no category". */
  none: optional(string({ min: 1, max: 256 })),
  tags: given(column),
  author: given(column),
  year: given(column),
  publishedAt: given(column),
  durationMs: given(column),
  language: given(column),
  text: given(column),
  url: given(column),
  image: given(column),
} as const;

const items = object(itemFields);
const mapping = object({ ...eventFields, items: optional(items) });

/** As somebody gives it, of as many columns as are worth saying. */
export type GivenMapping = Parsed<typeof mapping>;
export type GivenItemMapping = Parsed<typeof items>;

/** What is left of what was given. */
export type WithoutNull<T> = { [K in keyof T]: Exclude<T[K], null> };

/** As files are read by it. */
export type Mapping = WithoutNull<Omit<GivenMapping, "items">>;
export type ItemMapping = WithoutNull<GivenItemMapping>;

/** The fields that name one column, for flags (`--user`, `--item-title`). */
export const EVENT_COLUMNS = [
  "user",
  "item",
  "time",
  "order",
  "type",
  "rating",
  "value",
  "dwellMs",
  "durationMs",
  "fraction",
  "finished",
  "list",
  "position",
  "propensity",
  "surface",
  "id",
  "undoes",
  "received",
] as const satisfies readonly (keyof Mapping)[];

export const ITEM_COLUMNS = [
  "id",
  "title",
  "categories",
  "tags",
  "author",
  "year",
  "publishedAt",
  "durationMs",
  "language",
  "text",
  "url",
  "image",
] as const satisfies readonly (keyof ItemMapping)[];

/** @throws NearfeedError with the path of the field that is wrong. */
export function parseMapping(value: unknown, path = ""): GivenMapping {
  return mapping(value, path);
}
