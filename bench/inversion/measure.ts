/** How often attackers are right: the first five guesses of each, over people and numbers of likes. */
import { reasonToFetch } from "../../client-sdk/engine/pool-rules.ts";
import type { PoolAim } from "../../client-sdk/engine/pool-rules.ts";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import { createAttacker, shareOfUnique } from "./attack.ts";
import { observer } from "./people.ts";
import type { Shown, World } from "./people.ts";

/** After how many likes it is asked. */
export const LIKES = [1, 5, 10, 20, 50] as const;
const GUESSES = 5;

/** Shares of 1, of one number of likes. */
export interface Inversion {
  readonly likes: number;
  /** Right among the first five guesses (or as many as there are likes): from nothing but popularity. */
  readonly blind: number;
  /** From taste and intent, as `edge` sends them. */
  readonly query: number;
  /** From the cells of one pool. */
  readonly cells: number;
  /** From the cells of every fetch since the first like, were there no least number of likes. */
  readonly sequence: number;
  /** The same from the 20th like on, which is what the edge sees; absent below it. */
  readonly sequenceAllowed?: number;
  /** Fetches in that sequence, mean. */
  readonly fetches: number;
  /** People whose cells nobody else's are; after one like, items. */
  readonly unique: number;
}

/** @param people how many of the world's, at most; each has at least as many likes as are asked for */
export function measureInversion(world: World, people: number): Inversion[] {
  const attacker = createAttacker(world);
  const observe = observer(world);
  const attacked = world.people.slice(0, people);
  return LIKES.map((likes) => {
    const guesses = Math.min(GUESSES, likes);
    const isAllowed = likes >= LEAST_POSITIVES;
    const each = attacked.map((person) => {
      const liked = person.slice(0, likes);
      const shown = observe(liked);
      const right = (guessed: readonly number[]) => guessed.filter((row) => liked.includes(row)).length / guesses;
      const moments = new Map<number, Shown>();
      const at = (count: number): Shown => {
        const known = moments.get(count) ?? observe(person.slice(0, count));
        moments.set(count, known);
        return known;
      };
      const whole = fetchesBetween(1, likes, at, world);
      const allowed = isAllowed ? fetchesBetween(LEAST_POSITIVES, likes, at, world) : [];
      return {
        blind: right(attacker.blind(guesses)),
        query: right(attacker.fromQueries(shown, likes, guesses)),
        cells: right(attacker.fromCells(shown, guesses)),
        sequence: right(attacker.fromSequence(whole, guesses)),
        sequenceAllowed: right(attacker.fromSequence(allowed, guesses)),
        fetches: (isAllowed ? allowed : whole).length,
        key: [...shown.cells].sort((a, b) => a - b).join(),
      };
    });
    const mean = (of: (one: (typeof each)[number]) => number) =>
      each.reduce((sum, one) => sum + of(one), 0) / each.length;
    return {
      likes,
      blind: mean(({ blind }) => blind),
      query: mean(({ query }) => query),
      cells: mean(({ cells }) => cells),
      sequence: mean(({ sequence }) => sequence),
      ...(isAllowed && { sequenceAllowed: mean(({ sequenceAllowed }) => sequenceAllowed) }),
      fetches: mean(({ fetches }) => fetches),
      unique: likes === 1 ? attacker.uniqueItems : shareOfUnique(each.map(({ key }) => key)),
    };
  });
}

/** The cells that each fetch asks for, by the rules of a device that makes a list after every like. */
function fetchesBetween(
  from: number,
  to: number,
  at: (likes: number) => Shown,
  { model: { linear } }: World,
): number[][] {
  const held = new Set<number>();
  const fetches: number[][] = [];
  let then: PoolAim | undefined;
  for (let likes = from; likes <= to; likes++) {
    const { queries, cells } = at(likes);
    const [taste, intent] = queries as [Float64Array, Float64Array];
    const query = taste.map((value, j) => linear.taste * value + linear.intent * intent[j]!);
    // Neither age nor what was seen matters in a session of a few minutes with large pools.
    const aim = { query, at: 0, unseen: 1 };
    if (then && !reasonToFetch(then, aim)) continue;
    then = aim;
    const asked = cells.filter((cell) => !held.has(cell));
    for (const cell of asked) held.add(cell);
    if (asked.length > 0) fetches.push(asked);
  }
  return fetches;
}
