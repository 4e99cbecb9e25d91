// `GET /v1/:release/start`: what is shown before anything is known of a person. Popular items, of every five one that trends
// and one that is new, for a language and a region; the same answer for everybody there, so caches hold it.

import { NearfeedError } from "../../shared/errors.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { START_COUNT } from "../../shared/protocol.ts";
import type { TrendingItem } from "../../shared/protocol.ts";
import { passingRows } from "../../shared/filter-rows.ts";
import { sourceBit } from "../../shared/sources.ts";
import { topK } from "../../shared/top-k.ts";
import { logLine } from "../http/answers.ts";
import { candidatesAnswer } from "./candidates.ts";
import type { Hit } from "./candidates.ts";
import type { Tables } from "./tables.ts";

/** Every fifth item is a new one: enough to be seen, too few to spoil a first screen. */
const FRESH_EVERY = 5;

/** The place of what trends among five: high enough to be seen at once, behind what most people like. */
const TRENDING_TURN = 1;

/** What trends may have changed by then. */
const CACHE_CONTROL = "public, max-age=10";

/** Where a start pool is for. */
export interface StartPlace {
  language?: string;
  region?: string;
}

/**
 * Answers the start pool as a candidates file with display data.
 * @param trending reads what trends in a region; where it cannot be read, the pool is made without it
 */
export async function start(
  tables: Tables,
  place: StartPlace,
  trending: (region: string | undefined) => Promise<readonly TrendingItem[]>,
): Promise<Response> {
  checkListed(place.language, tables.release.languages, "language");
  checkListed(place.region, tables.release.regions, "region");
  const items = await trending(place.region).catch((error: unknown) => {
    console.error(logLine(error, "start"));
    return [];
  });
  const rows = items.map(({ item }) => tables.rowOf(item)).filter((row) => row >= 0);
  return candidatesAnswer(tables, startPool(tables.index, place, { trending: rows }), {
    catalog: true,
    cacheControl: CACHE_CONTROL,
  });
}

/**
 * The rows of the start pool: by popularity, with what trends and the newest mixed in; an item that is several of these has
 * all sources.
 * @param options.trending rows, the most wanted first
 */
export function startPool(
  index: ItemIndex,
  place: StartPlace,
  options: { count?: number; trending?: readonly number[] } = {},
): Hit[] {
  const { count = START_COUNT, trending = [] } = options;
  const { columns, dictionaries } = index;
  const mask = passingRows(columns, dictionaries, place);
  const ranked = (score: (row: number) => number): Uint32Array =>
    topK(
      Float64Array.from({ length: columns.size }, (_, row) => (mask?.[row] === 0 ? -Infinity : score(row))),
      columns.size,
    );
  const popular = ranked((row) => columns.popularity[row]);
  const fresh = ranked((row) => columns.publishedAt[row] || -Infinity);
  const wanted = trending.filter((row) => mask?.[row] !== 0);
  const hits = new Map<number, Hit>();
  const size = Math.min(count, popular.length);
  let nextPopular = 0;
  let nextFresh = 0;
  let nextWanted = 0;
  while (hits.size < size) {
    const turn = hits.size % FRESH_EVERY;
    const turnOfFresh = turn === FRESH_EVERY - 1 && nextFresh < fresh.length;
    const turnOfWanted = turn === TRENDING_TURN && nextWanted < wanted.length;
    const row = turnOfFresh ? fresh[nextFresh++] : turnOfWanted ? wanted[nextWanted++] : popular[nextPopular++];
    const source = sourceBit(turnOfFresh ? "fresh" : turnOfWanted ? "trending" : "popular");
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
