/**
 * How long people looked at what they were shown, debiased by duration: the share of the looks at items of like length that were
 * shorter. Seconds would say that long items are good ones (Zhan et al. 2022, "Deconfounding Duration Bias", D2Q).
 */
import type { Dataset } from "./dataset.ts";
import { exposureOfDeeds, isExposure } from "./feed-labels.ts";

/** Groups of like length, about as many looks each; fewer looks than this are no group to rank among. */
const LENGTHS = 20;
const LEAST_A_LENGTH = 100;

/**
 * 0 to 1 for each exposure, .5 in the mean; NaN where nothing says how long, and for what is no exposure. Items whose length nothing
 * says are a group of their own.
 *
 * @returns `[events]`, undefined for a log that never says how long
 */
export function dwellQuantiles(dataset: Dataset): Float32Array | undefined {
  const { item, dwellMs } = dataset.events;
  const looked = dwellMs.slice();
  exposureOfDeeds(dataset).forEach((exposure, e) => {
    if (exposure >= 0 && !(looked[e] <= looked[exposure]) && !Number.isNaN(looked[e])) looked[exposure] = looked[e];
  });
  const looks: number[] = [];
  looked.forEach((ms, e) => isExposure(dataset, e) && !Number.isNaN(ms) && looks.push(e));
  if (looks.length === 0) return undefined;
  const length = itemLengths(dataset);
  const quantile = new Float32Array(item.length).fill(NaN);
  for (const group of ofLikeLength(looks, (e) => length[item[e]])) rankInto(quantile, group, looked);
  return quantile;
}

/** Of every item in ms: by the item table, else by what share of it the looks were; NaN where nothing says. `[items]` */
function itemLengths({ items, events }: Dataset): Float64Array {
  const { item, dwellMs, fraction } = events;
  const [looked, seen] = [new Float64Array(items.length), new Float64Array(items.length)];
  for (let e = 0; e < item.length; e++) {
    // A whole look may have gone on after the end.
    if (!(dwellMs[e] > 0 && fraction[e] > 0 && fraction[e] < 1)) continue;
    looked[item[e]] += dwellMs[e];
    seen[item[e]] += fraction[e];
  }
  return Float64Array.from(items, ({ durationMs }, i) => durationMs ?? looked[i] / seen[i]);
}

/** Looks at items of one length stay together. */
function ofLikeLength(looks: readonly number[], lengthOf: (e: number) => number): number[][] {
  const unsaid = looks.filter((e) => Number.isNaN(lengthOf(e)));
  const timed = looks.filter((e) => !Number.isNaN(lengthOf(e))).sort((a, b) => lengthOf(a) - lengthOf(b));
  const size = Math.max(LEAST_A_LENGTH, Math.ceil(timed.length / LENGTHS));
  const groups: number[][] = [];
  timed.forEach((e, i) => {
    const last = groups.at(-1);
    const isNext = last !== undefined && last.length >= size && lengthOf(e) !== lengthOf(timed[i - 1]);
    if (last === undefined || isNext) groups.push([e]);
    else last.push(e);
  });
  const rest = groups.length > 1 && groups.at(-1)!.length < LEAST_A_LENGTH ? groups.pop()! : [];
  groups.at(-1)?.push(...rest);
  return [...groups, unsaid];
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
