/** The moments that lists of a report are made at: one held-out like of each of some people. */
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import { below, createRandom, shuffle } from "../math/random.ts";
import type { TargetRange } from "../split/split.ts";

/**
 * One target a person, so that intervals need no more people than lists; drawn, so that early and late ones are among them.
 *
 * @param people at most so many; the first of them are a sample of their own
 * @returns ranges of one event each
 */
export function drawMoments(
  ranges: readonly TargetRange[],
  { target, confidence }: EventSignals,
  people: number,
  seed: number,
): TargetRange[] {
  const random = createRandom(seed);
  const drawn = ranges.flatMap(({ user, from, to }): TargetRange[] => {
    const likes: number[] = [];
    for (let e = from; e < to; e++) if (target[e] * confidence[e] > 0) likes.push(e);
    if (likes.length === 0) return [];
    const event = likes[below(random, likes.length)];
    return [{ user, from: event, to: event + 1 }];
  });
  return shuffle(drawn, random).slice(0, people);
}

/**
 * The first `people` moments before which there is as much as possible of what a curve asks for.
 *
 * @param lengths numbers of earlier events, rising
 */
export function momentsAfter(
  moments: readonly TargetRange[],
  { events: { start } }: Dataset,
  lengths: readonly number[],
  people: number,
): TargetRange[] {
  const after = (length: number) => moments.filter(({ user, from }) => from - start[user] >= length);
  const longest = lengths.findLast((length) => after(length).length >= people) ?? 0;
  return after(longest).slice(0, people);
}
