/**
 * What people did with what they were shown, as a feed log says it: the labels that heads are trained on and measured by. How long they
 * looked is no yes or no: `dwell-quantiles.ts`.
 */
import { EVENT_TYPES, type EventType } from "../../shared/event.ts";
import type { HeadName } from "../../shared/release.ts";
import { type Dataset, FINISHED_UNSAID } from "./dataset.ts";

/** What a row of a log can say yes or no to by itself. */
export const FEED_LABELS = ["click", "like", "skip", "finish"] as const satisfies readonly HeadName[];
export type FeedLabel = (typeof FEED_LABELS)[number];

/** Where the log does not say by itself what was finished: this part of it, or as much time as a long look takes. */
const FINISHED_FRACTION = 1;
const LONG_LOOK_MS = 18_000;

const bitOf = (type: EventType) => 1 << EVENT_TYPES.indexOf(type);

/** Whether event e was shown in a list, and so may have been left alone. */
export function isExposure({ events }: Dataset, e: number): boolean {
  return (events.kinds[e] & bitOf("impression")) !== 0;
}

/** Exposures among the events from `from` to `to`, exclusive. */
export function exposuresIn(dataset: Dataset, from: number, to: number): number[] {
  const found: number[] = [];
  for (let e = from; e < to; e++) if (isExposure(dataset, e)) found.push(e);
  return found;
}

/** How long after an exposure something that was done counts for it. */
const DEED_MS = 24 * 3_600_000;

/**
 * 1 or 0 for each event, by what became of the exposure; `undefined` for a log that never says. `[events]`
 *
 * @param until epoch ms; what was done later is not known
 */
export function feedLabel(dataset: Dataset, label: FeedLabel, until = Infinity): Uint8Array | undefined {
  const { at, kinds, dwellMs, fraction, finished } = dataset.events;
  const happened = (e: number): number => {
    if (label !== "finish") return Number((kinds[e] & bitOf(label)) !== 0);
    if (finished && finished[e] !== FINISHED_UNSAID) return finished[e];
    return Number(fraction[e] >= FINISHED_FRACTION || dwellMs[e] >= LONG_LOOK_MS);
  };
  const of = Uint8Array.from(kinds, (_, e) => happened(e));
  exposureOfDeeds(dataset).forEach((exposure, e) => {
    if (exposure >= 0 && of[e] === 1 && at[e] < until) of[exposure] = 1;
  });
  return of.includes(1) ? of : undefined;
}

/**
 * In a log of typed events what was done comes after the exposure, as an event of its own: it counts for the latest exposure of the
 * item to that person, for a day. −1 for what belongs to none, and for rows that say all by themselves. `[events]`
 */
export function exposureOfDeeds(dataset: Dataset): Int32Array {
  const { start, item, at, saysAll } = dataset.events;
  const exposureOf = new Int32Array(item.length).fill(-1);
  const shown = new Map<number, number>();
  for (let user = 0; user < dataset.users.length; user++) {
    shown.clear();
    for (let e = start[user]; e < start[user + 1]; e++) {
      if (saysAll?.[e] === 1) continue;
      const exposure = shown.get(item[e]);
      if (isExposure(dataset, e)) shown.set(item[e], e);
      else if (exposure !== undefined && at[e] - at[exposure] <= DEED_MS) exposureOf[e] = exposure;
    }
  }
  return exposureOf;
}
