/** A log less what was only shown, for whoever learns nothing from what was left alone. */
import { EVENT_TYPES } from "../../shared/event.ts";
import { type Dataset, selectEvents } from "./dataset.ts";
import { exposureOfDeeds } from "./feed-labels.ts";

const IMPRESSION = 1 << EVENT_TYPES.indexOf("impression");

/**
 * That something was on the screen says nothing of a person, and devices show it again. Of what somebody did with it only that is left:
 * exposures that all were taken would say that everything pleases.
 */
export function withoutImpressions(dataset: Dataset): Dataset {
  const { events: whole, ...rest } = selectEvents(dataset, more(dataset));
  // It is of impressions alone, and one more of them must not make another log.
  const { propensity: _, ...events } = whole;
  return { ...rest, events: { ...events, kinds: events.kinds.map((kinds) => kinds & ~IMPRESSION) } };
}

/** 1 for each event of the log without impressions by which something was taken that a list had shown. `[events]` */
export function takenInLists(dataset: Dataset): Uint8Array {
  const exposureOf = exposureOfDeeds(dataset);
  return Uint8Array.from(more(dataset), (e) => Number(exposureOf[e] >= 0));
}

/** Events that are more than an impression. */
function more({ events }: Dataset): number[] {
  const kept: number[] = [];
  events.kinds.forEach((kinds, e) => kinds !== IMPRESSION && kept.push(e));
  return kept;
}
