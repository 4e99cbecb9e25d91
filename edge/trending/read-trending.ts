// What trends, as whoever makes lists reads it: one call of an object for a list in ten seconds, however many ask.

import { NearfeedError } from "../../shared/errors.ts";
import { id, word } from "../../shared/item.ts";
import { TRENDING_COUNT } from "../../shared/protocol.ts";
import type { TrendingAnswer, TrendingItem } from "../../shared/protocol.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { EdgeEnv } from "../bindings.ts";
import type { LiveReader } from "../catalogue/live-view.ts";
import { jsonAnswer } from "../http/answers.ts";
import { MOST_OF_ONE } from "./tallies.ts";
import { shardOf, trendingShard } from "./votes.ts";

/** How long a list is kept; half of what a count loses in this time is a 3,000th. */
const MAX_AGE_MS = 10_000;

/** Lists an isolate keeps; requests may name any surface. */
const MAX_LISTS = 64;

/** What scores are off by, being sums of powers. */
const ROUNDING = 1e-6;

/** Two people do not get above it, however often they come: what is shown was wanted by three, so that no list says what one did. */
const SHOWN_ABOVE = 2 * MOST_OF_ONE + ROUNDING;

/** Where something trends. */
export interface TrendingPlace {
  /** Absent: on all surfaces. */
  readonly surface?: string | undefined;
  /** Absent: everywhere. */
  readonly region?: string | undefined;
}

/** The items that trend, the highest scores first. It rejects where the counts cannot be read. */
export type ReadTrending = (env: Pick<EdgeEnv, "TRENDING">, place: TrendingPlace) => Promise<readonly TrendingItem[]>;

/** Makes a reader that remembers what it has read for ten seconds. */
export function createTrendingReader({ now }: { now: Clock }): ReadTrending {
  const lists = new Map<string, { at: number; items: Promise<TrendingItem[]> }>(); // oldest first

  return ({ TRENDING }, { surface = "", region = "" }) => {
    const key = JSON.stringify([surface, region]);
    const at = now();
    const known = lists.get(key);
    if (known !== undefined && at - known.at < MAX_AGE_MS) return known.items;
    const items = readList(TRENDING, { surface, region });
    lists.delete(key);
    lists.set(key, { at, items });
    if (lists.size > MAX_LISTS) lists.delete(lists.keys().next().value!);
    items.catch(() => lists.get(key)?.items === items && lists.delete(key)); // a failure is not remembered
    return items;
  };
}

async function readList(objects: EdgeEnv["TRENDING"], list: { surface: string; region: string }) {
  const tallies = await trendingShard(objects, shardOf(list))
    .top(list, TRENDING_COUNT)
    .catch((cause: unknown) => {
      throw new NearfeedError("unavailable", "what trends cannot be read", { cause });
    });
  return tallies.filter(({ score }) => score > SHOWN_ABOVE).map(({ item, score }) => ({ item, score: rounded(score) }));
}

/** To a tenth: exact scores would say when their last person came. */
function rounded(score: number): number {
  return Math.round(score * 10) / 10;
}

/** `GET /v1/trending?surface&region`. @throws NearfeedError bad_value or id_too_long for a name that can be none */
export async function getTrending(
  { read, live }: { read: ReadTrending; live: LiveReader },
  env: EdgeEnv,
  { surface, region }: TrendingPlace,
): Promise<Response> {
  const items = await read(env, {
    ...(surface !== undefined && { surface: id(surface, "?surface") }),
    ...(region !== undefined && { region: word(region, "?region") }),
  });
  const { isDeleted } = await live.read(env);
  const answer: TrendingAnswer = { items: items.filter(({ item }) => !isDeleted(item)) };
  return jsonAnswer(answer, 200, { "Cache-Control": `public, max-age=${MAX_AGE_MS / 1_000}` });
}
