// `GET /v1/:release/start`: what is shown before anything is known of a person. Popular items, every fifth a new one,
// for a language and a region; the same answer for everybody there, so caches hold it.

import { NearfeedError } from "../../shared/errors.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { START_COUNT } from "../../shared/protocol.ts";
import { passingRows } from "../../shared/filter-rows.ts";
import { sourceBit } from "../../shared/sources.ts";
import { topK } from "../../shared/top-k.ts";
import { candidatesAnswer } from "./candidates.ts";
import type { Hit } from "./candidates.ts";
import type { Tables } from "./tables.ts";

/** Every fifth item is a new one: enough to be seen, too few to spoil a first screen. */
const FRESH_EVERY = 5;

/** A release never changes, but it stops being served. */
const CACHE_CONTROL = "public, max-age=3600";

/** Answers the start pool as a candidates file with display data. */
export function start(tables: Tables, place: { language?: string; region?: string }): Response {
  checkListed(place.language, tables.release.languages, "language");
  checkListed(place.region, tables.release.regions, "region");
  return candidatesAnswer(tables, startPool(tables.index, place), { catalog: true, cacheControl: CACHE_CONTROL });
}

/** The rows of the start pool: by popularity, with the newest mixed in; an item that is both has both sources. */
export function startPool(index: ItemIndex, place: { language?: string; region?: string }, count = START_COUNT): Hit[] {
  const { columns, dictionaries } = index;
  const mask = passingRows(columns, dictionaries, place);
  const ranked = (score: (row: number) => number): Uint32Array =>
    topK(
      Float64Array.from({ length: columns.size }, (_, row) => (mask?.[row] === 0 ? -Infinity : score(row))),
      columns.size,
    );
  const popular = ranked((row) => columns.popularity[row]);
  const fresh = ranked((row) => columns.publishedAt[row] || -Infinity);
  const hits = new Map<number, Hit>();
  const size = Math.min(count, popular.length);
  let nextPopular = 0;
  let nextFresh = 0;
  while (hits.size < size) {
    const turnOfFresh = hits.size % FRESH_EVERY === FRESH_EVERY - 1 && nextFresh < fresh.length;
    const row = turnOfFresh ? fresh[nextFresh++] : popular[nextPopular++];
    const source = sourceBit(turnOfFresh ? "fresh" : "popular");
    const found = hits.get(row);
    if (found === undefined) hits.set(row, { row, source });
    else found.source |= source;
  }
  return [...hits.values()];
}

function checkListed(value: string | undefined, listed: readonly string[], path: string): void {
  if (value === undefined || listed.includes(value)) return;
  const shown = listed.length === 0 ? "none" : listed.join(", ");
  throw new NearfeedError("bad_value", `the release has no such ${path}; it has ${shown}`, { path: `?${path}` });
}
