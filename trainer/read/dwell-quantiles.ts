/**
 * How long people looked at what they were shown, debiased by duration: the share of the exposures of items of like length that were
 * looked at for less. Seconds would say that long items are good ones (Zhan et al. 2022, "Deconfounding Duration Bias", D2Q).
 */
import type { Dataset } from "./dataset.ts";
import { forEachDeed, isExposure } from "./feed-labels.ts";

/** Groups of like length, of as many exposures each, as far as each has enough to rank among. */
const LENGTHS = 20;
const LEAST_A_LENGTH = 100;

/**
 * 0 to 1 for each exposure, .5 in the mean; 0 for other events. What nobody is said to have looked at was looked at for no time. Items
 * without a length are a group of their own.
 *
 * @returns `[events]`, undefined for a log that never says how long
 */
export function dwellQuantiles(dataset: Dataset): Float32Array | undefined {
  const { item, dwellMs } = dataset.events;
  const exposures: number[] = [];
  const looked = dwellMs.map((ms) => (ms > 0 ? ms : 0));
  for (let e = 0; e < item.length; e++) if (isExposure(dataset, e)) exposures.push(e);
  forEachDeed(dataset, (e, exposure) => (looked[exposure] = Math.max(looked[exposure], looked[e])));
  if (!exposures.some((e) => looked[e] > 0)) return undefined;
  const lengthOf = (e: number) => dataset.items[item[e]].durationMs ?? -1;
  const quantile = new Float32Array(item.length);
  for (const group of ofLikeLength(exposures, lengthOf)) rankInto(quantile, group, looked);
  return quantile;
}

/** Exposures of one length stay together. */
function ofLikeLength(exposures: readonly number[], lengthOf: (e: number) => number): number[][] {
  const sorted = exposures.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  const unsaid = sorted.findIndex((e) => lengthOf(e) >= 0);
  const without = unsaid < 0 ? sorted : sorted.slice(0, unsaid);
  const timed = sorted.slice(without.length);
  const count = Math.max(1, Math.min(LENGTHS, Math.floor(timed.length / LEAST_A_LENGTH)));
  const groups = new Map<number, number[]>();
  let first = 0;
  timed.forEach((e, i) => {
    if (i > 0 && lengthOf(e) !== lengthOf(timed[i - 1])) first = i;
    const place = Math.floor((first * count) / timed.length);
    if (!groups.has(place)) groups.set(place, []);
    groups.get(place)!.push(e);
  });
  return [without, ...groups.values()];
}

/** Equal times share the middle of their ranks. */
function rankInto(quantile: Float32Array, group: readonly number[], looked: Float32Array): void {
  const sorted = group.toSorted((a, b) => looked[a] - looked[b]);
  for (let from = 0; from < sorted.length;) {
    let to = from + 1;
    while (to < sorted.length && looked[sorted[to]] === looked[sorted[from]]) to++;
    for (let i = from; i < to; i++) quantile[sorted[i]] = (from + to) / 2 / sorted.length;
    from = to;
  }
}
