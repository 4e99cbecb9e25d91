/**
 * Stray events for moments of a log: what somebody else liked, met just before the moment. A thumb slips, a child borrows the
 * phone: what is learnt from clean histories alone takes every newest like for a change of mind.
 *
 * Which moments get one is drawn by their event, so that every walk over the same log meets the same strays.
 */
import { below, createRandom } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";
import type { EventSignals } from "../items/event-signals.ts";

/** The position of the stray event that comes before an event of the dataset; undefined for most. */
export type StrayOf = (event: number) => number | undefined;

/** Draws before a moment is left without one: logs of a single person have none to give. */
const DRAWS = 20;

/** @param share of the moments that get one */
export function createStrays(
  { events: { item, start } }: Dataset,
  { target, confidence }: EventSignals,
  share: number,
  seed: number,
): StrayOf {
  const isOf = (user: number, e: number) => e >= start[user] && e < start[user + 1];
  return (event) => {
    const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ event);
    if (random() >= share) return undefined;
    const user = userOf(start, event);
    for (let draw = 0; draw < DRAWS; draw++) {
      const stray = below(random, item.length);
      if (target[stray] * confidence[stray] > 0 && !isOf(user, stray) && item[stray] !== item[event]) return stray;
    }
    return undefined;
  };
}

/** The last user whose events begin at or before one. */
function userOf(start: Uint32Array, event: number): number {
  let [low, high] = [0, start.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (start[middle] <= event) low = middle;
    else high = middle;
  }
  return low;
}
