// `GET /v1/:release/start`: what is shown before anything is known of a person. Popular items, of every five one that trends
// and one that is new, for a language and a region; the same answer for everybody there, so caches hold it.

import { NearfeedError } from "../../shared/errors.ts";
import { START_COUNT } from "../../shared/protocol.ts";
import type { TrendingItem } from "../../shared/protocol.ts";
import { passingRows } from "../../shared/filter-rows.ts";
import { sourceBit } from "../../shared/sources.ts";
import { topK } from "../../shared/top-k.ts";
import { logLine } from "../http/answers.ts";
import type { LiveTable } from "../catalogue/live-table.ts";
import { candidatesAnswer } from "./candidates.ts";
import type { Hit } from "./candidates.ts";
import type { ServedRelease } from "./served.ts";
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
  served: ServedRelease,
  place: StartPlace,
  trending: (region: string | undefined) => Promise<readonly TrendingItem[]>,
): Promise<Response> {
  const { tables } = served;
  checkListed(place.language, tables.release.languages, "language");
  checkListed(place.region, tables.release.regions, "region");
  const items = await trending(place.region).catch((error: unknown) => {
    console.error(logLine(error, "start"));
    return [];
  });
  const rows = items.map(({ item }) => tables.rowOf(item)).filter((row) => row >= 0);
  return candidatesAnswer(tables, startPool(served, place, { trending: rows }), {
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
  { tables, live }: { tables: Pick<Tables, "index">; live?: LiveTable },
  place: StartPlace,
  options: { count?: number; trending?: readonly number[] } = {},
): Hit[] {
  const { count = START_COUNT, trending = [] } = options;
  const { dictionaries, columns } = tables.index;
  const own = passingRows(columns, dictionaries, place);
  const added = live && passingRows(live.columns, dictionaries, place);
  const passes = (row: number): boolean =>
    row < columns.size ? own?.[row] !== 0 && live?.hidden.has(row) !== true : added?.[row - columns.size] !== 0;
  const ranked = (name: "popularity" | "publishedAt", least: number): Uint32Array => {
    const values = [columns[name], live?.columns[name] ?? []];
    const valueOf = (row: number) => (row < columns.size ? values[0][row] : values[1][row - columns.size]);
    const size = columns.size + values[1].length;
    const scores = Float64Array.from({ length: size }, (_, row) =>
      passes(row) && valueOf(row) >= least ? valueOf(row) : -Infinity,
    );
    return topK(scores, size);
  };
  const popular = ranked("popularity", 0);
  const fresh = ranked("publishedAt", 1); // 0: nobody knows when
  const wanted = trending.filter(passes);
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
