// `GET /v1/:release/start`: what is shown before anything is known of a person. Popular items, of every five a new one
// and one that trends, for a language and a region; the same answer for everybody there, so caches hold it.

import { NearfeedError } from "../../shared/errors.ts";
import { START_COUNT } from "../../shared/protocol.ts";
import { candidatesAnswer } from "./candidates.ts";
import { findCandidates } from "./pipeline.ts";
import type { Pipeline } from "./pipeline.ts";
import type { ServedRelease } from "./served.ts";
import { fresh, popular } from "./sources/in-order.ts";
import { nothingTrends, trending } from "./sources/trending.ts";
import type { TrendingSource } from "./sources/trending.ts";

/** Every fifth item is a new one: enough to be seen, too few to spoil a first screen. */
const FRESH_EVERY = 5;

/** And every fifth one that trends, between the new ones. */
const TRENDING_EVERY = 5;

/** What trends, what was added and what was deleted may have changed by then. */
const CACHE_CONTROL = "public, max-age=10";

/** Answers the start pool as a candidates file with display data. */
export async function start(
  served: ServedRelease,
  place: { language?: string; region?: string },
  counts: TrendingSource = nothingTrends,
): Promise<Response> {
  const { languages, regions } = served.tables.release;
  checkListed(place.language, languages, "language");
  checkListed(place.region, regions, "region");
  const missing = new Set<string>();
  const hits = await findCandidates(startPipeline(served, counts, START_COUNT), {
    count: START_COUNT,
    filter: place,
    onMissing: (part) => missing.add(part),
  });
  return candidatesAnswer(served, hits, { catalog: true, cacheControl: CACHE_CONTROL, missing });
}

/** The sources of a start pool of `count` items. */
export function startPipeline(
  { tables, index, orders }: ServedRelease,
  counts: TrendingSource,
  count: number,
): Pipeline {
  return {
    filling: [popular(orders)],
    quoted: [
      { source: fresh(orders), quota: Math.floor(count / FRESH_EVERY) },
      { source: trending(tables, index, counts), quota: Math.floor(count / TRENDING_EVERY) },
    ],
  };
}

function checkListed(value: string | undefined, listed: readonly string[], path: string): void {
  if (value === undefined || listed.includes(value)) return;
  const shown = listed.length === 0 ? "none" : listed.join(", ");
  throw new NearfeedError("bad_value", `the release has no such ${path}; it has ${shown}`, { path: `?${path}` });
}
