/**
 * Reads what lies in the database: the boundary at which damage on the device becomes an error instead of a defect later.
 *
 * The same shapes come from exported profiles (`engine/profile-export.ts`), so paths and limits are for people, too.
 */
import { parseEvent } from "../../shared/event.ts";
import { id } from "../../shared/item.ts";
import {
  array,
  boolean,
  integer,
  nullable,
  number,
  object,
  oneOf,
  optional,
  plainObject,
  record,
  refuse,
  string,
} from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { MAX_DIM, parseRelease } from "../../shared/release.ts";
import { rulesParser } from "../../shared/rules.ts";
import { SOURCES } from "../../shared/sources.ts";
import { MAX_COUNT } from "../count.ts";
import type { Ranked, RankedEntry } from "../messages.ts";
import { carriedParser } from "./read-carried.ts";
import type {
  Adjustments,
  OutboxEvent,
  StateValues,
  StoredEvent,
  StoredKnown,
  StoredLists,
  StoredMark,
} from "./schema.ts";

const MAX_CATEGORIES = 1_024;
const MAX_NEIGHBOURS = 1_024;
const category = string({ max: 128 });
const nextItem = id;
const nextWeight = number();

const vector: Parser<Float32Array> = (value, path) => {
  if (!(value instanceof Float32Array)) return refuse("wrong_type", path, "a Float32Array", value);
  if (value.length < 1 || value.length > MAX_DIM) {
    return refuse("bad_vector_length", path, `1–${MAX_DIM} numbers`, value.length);
  }
  if (!value.every(Number.isFinite)) return refuse("not_finite", path, "finite numbers", NaN);
  return value;
};

const neighbour: Parser<readonly [string, number]> = (value, path) => {
  if (!Array.isArray(value) || value.length !== 2) return refuse("wrong_type", path, "an item and a weight", value);
  return [nextItem(value[0], `${path}[0]`), nextWeight(value[1], `${path}[1]`)];
};

/** @param vectors reads the vector, which has another form in an export */
export function knownParser(vectors: Parser<Float32Array>): Parser<StoredKnown> {
  return object({
    space: id,
    release: optional(id),
    vector: vectors,
    categories: array(category, { max: MAX_CATEGORIES }),
    author: integer({ min: 0 }),
    neighbours: array(neighbour, { max: MAX_NEIGHBOURS }),
  });
}

const known = knownParser(vector);

const doubles: Parser<Float64Array> = (value, path) => {
  if (!(value instanceof Float64Array)) return refuse("wrong_type", path, "a Float64Array", value);
  return value.length > 0 && value.every(Number.isFinite) ? value : refuse("not_finite", path, "finite numbers", NaN);
};

/** @throws NearfeedError with the path */
export const storedEvent: Parser<StoredEvent> = (value, path) => {
  const source = plainObject(value, path);
  const event = parseEvent(source["event"], `${path}.event`);
  if (source["id"] !== event.id) return refuse("bad_value", `${path}.id`, event.id, source["id"]);
  return {
    id: event.id,
    event,
    ...(source["known"] !== undefined && { known: known(source["known"], `${path}.known`) }),
  };
};

/** @throws NearfeedError with the path */
export const outboxEvent: Parser<OutboxEvent> = (value, path) => {
  const source = plainObject(value, path);
  const event = parseEvent(source["event"], `${path}.event`);
  id(source["release"], `${path}.release`);
  id(source["surface"], `${path}.surface`);
  integer()(source["utcOffsetMinutes"], `${path}.utcOffsetMinutes`);
  if (source["id"] !== event.id) return refuse("bad_value", `${path}.id`, event.id, source["id"]);
  return source as unknown as OutboxEvent;
};

/** @throws NearfeedError with the path */
export const mark: Parser<StoredMark> = object({ item: id, at: integer({ min: 0 }) });

const adjustment = number({ min: -1, max: 1 });

/** Zeros say nothing and are left out. @throws NearfeedError with the path */
export const adjustments: Parser<Adjustments> = (value, path) => {
  const read = record(adjustment, { max: MAX_CATEGORIES })(value, path);
  return Object.fromEntries(Object.entries(read).filter(([, x]) => x !== 0));
};

const bytes: Parser<Uint8Array<ArrayBuffer>> = (value, path) =>
  value instanceof Uint8Array ? (value as Uint8Array<ArrayBuffer>) : refuse("wrong_type", path, "bytes", value);

const count = integer({ min: 0 });

const nearParts = array(object({ cell: nullable(count), bytes }), { max: 100_000 });

const matrix: Parser<Float32Array> = (value, path) =>
  value instanceof Float32Array ? value : refuse("wrong_type", path, "a Float32Array", value);

const spaceMaps = array(object({ from: id, to: id, map: matrix }), { max: 100 });

const tombstones = array(id, { max: 1_000_000 });

const text = string({ max: 128 });
const finite = number();
const floor = oneOf(["start", "linear", "deep"]);
const sources = array(oneOf(SOURCES), { max: SOURCES.length });

const rankedEntry: Parser<RankedEntry> = (value, path) => {
  const source = plainObject(value, path);
  id(source["id"], `${path}.id`);
  plainObject(source["item"], `${path}.item`);
  for (const name of ["score", "deep", "propensity", "byScore"]) finite(source[name], `${path}.${name}`);
  boolean(source["explored"], `${path}.explored`);
  sources(source["sources"], `${path}.sources`);
  return source as unknown as RankedEntry;
};

const rankedEntries = array(rankedEntry, { max: MAX_COUNT });

const list: Parser<StoredLists["lists"][number]> = (value, path) => {
  const source = plainObject(value, path);
  const ranked = plainObject(source["ranked"], `${path}.ranked`);
  rankedEntries(ranked["entries"], `${path}.ranked.entries`);
  floor(ranked["floor"], `${path}.ranked.floor`);
  for (const name of ["release", "policy"]) text(ranked[name], `${path}.ranked.${name}`);
  for (const name of ["ranked", "events", "now"]) count(ranked[name], `${path}.ranked.${name}`);
  adjustments(ranked["adjustments"], `${path}.ranked.adjustments`);
  return { surface: id(source["surface"], `${path}.surface`), ranked: ranked as unknown as Ranked };
};

const lists = array(list, { max: 100 });

/** Reads a value of the state. Fields that this build does not know are kept as they are. */
export const STATE_PARSERS: { readonly [K in keyof StateValues]: Parser<StateValues[K]> } = {
  installed(value, path) {
    const source = plainObject(value, path);
    return {
      ...source,
      release: parseRelease(source["release"], `${path}.release`),
      tombstones: tombstones(source["tombstones"], `${path}.tombstones`),
      ...(source["rules"] !== undefined && { rules: rulesParser(source["rules"], `${path}.rules`) }),
      ...(source["maps"] !== undefined && { maps: spaceMaps(source["maps"], `${path}.maps`) }),
    };
  },
  pool(value, path) {
    const source = plainObject(value, path);
    return {
      ...source,
      release: id(source["release"], `${path}.release`),
      bytes: bytes(source["bytes"], `${path}.bytes`),
    };
  },
  near(value, path) {
    const source = plainObject(value, path);
    const { query } = source;
    if (!(query instanceof Float64Array)) return refuse("wrong_type", `${path}.query`, "a Float64Array", query);
    return {
      ...source,
      release: id(source["release"], `${path}.release`),
      query,
      at: count(source["at"], `${path}.at`),
      unseen: count(source["unseen"], `${path}.unseen`),
      parts: nearParts(source["parts"], `${path}.parts`),
    };
  },
  token: bytes,
  bucket: finite,
  sequences: record(count, { max: 1_000 }),
  adjustments,
  lists(value, path) {
    const source = plainObject(value, path);
    const of = plainObject(source["of"], `${path}.of`);
    return {
      of: {
        events: count(of["events"], `${path}.of.events`),
        last: nullable(id)(of["last"], `${path}.of.last`),
        adjustments: adjustments(of["adjustments"], `${path}.of.adjustments`),
        basis: string({ max: 1_024 })(of["basis"], `${path}.of.basis`),
      },
      lists: lists(source["lists"], `${path}.lists`),
    };
  },
  compactions: count,
  carried: carriedParser(doubles, known),
};
