/**
 * What the Spark job must do as the trainer does it, as data: `settings.json` beside this file is what it says, because
 * spark-submit has no Node. A test compares them, `npm run docs` writes it.
 */
import { ENVELOPE_VERSION, EVENT_LIMITS, EVENT_TYPES } from "../../shared/event.ts";
import { MAX_ID_CHARS } from "../../shared/item.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { DEFAULT_ITEMS } from "../items/fit-items.ts";
import { DEFAULT_NEIGHBOURS, PERSON_POSITIVES } from "../items/neighbours.ts";
import { EARLIEST_FINE_MS, LATEST_MS } from "../read/event-sql.ts";

/**
 * MLlib's λ, which it multiplies by a row's likes. NDCG@10 by vectors alone, on a planted log of 10,000 events and on one of 100,000,
 * by MLlib's loss: .01 .4438 and .3781, .03 .4532 and .3680, .1 .4324 and .3474; our own vectors .4368 and .3362. Of
 * 10,000 events, with items solved first from people drawn at random, as MLlib does by itself: .3174 with .03, .3407 with .1.
 */
const REGULARIZATION = 0.03;

/** Events of the training sample unless a share of people is given: as many as one machine trains on in minutes. */
const SAMPLE_EVENTS = 1_000_000;

/** The settings of the job. */
export function sparkSettings(): object {
  return {
    eventTypes: EVENT_TYPES,
    limits: {
      version: ENVELOPE_VERSION,
      idChars: MAX_ID_CHARS,
      earliestMs: EARLIEST_FINE_MS,
      latestMs: LATEST_MS,
      maxAgeMs: EVENT_LIMITS.maxAgeMs,
      maxFutureMs: EVENT_LIMITS.maxFutureMs,
    },
    signals: DEFAULT_SIGNALS,
    neighbours: { ...DEFAULT_NEIGHBOURS, personPositives: PERSON_POSITIVES },
    vectors: {
      dim: DEFAULT_ITEMS.dim,
      sweeps: DEFAULT_ITEMS.sweeps,
      // MLlib weighs what is not seen by 1 and what is by 1 + α times the rating; ours by α and by the confidence.
      alpha: 1 / DEFAULT_ITEMS.foldIn.unobservedWeight,
      regularization: REGULARIZATION,
    },
    sampleEvents: SAMPLE_EVENTS,
  };
}
