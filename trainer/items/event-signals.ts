/**
 * What every event of a dataset says about its item, by the same table that devices use.
 *
 * Each event is judged by itself here; which of several signals about one item stands is decided where it matters
 * (`interactionsOf`, and the profile in evaluation).
 */
import { type Event, EVENT_TYPES, type EventType } from "../../shared/event.ts";
import { replaces, type Signal, signalOf, type SignalTable } from "../../shared/signals.ts";
import { type Dataset, kindsOf } from "../read/dataset.ts";

/** One entry for each event of the dataset, in its order. */
export interface EventSignals {
  /** y */
  readonly target: Float32Array;
  /** c; 0 where the event says nothing. */
  readonly confidence: Float32Array;
  readonly explicit: Uint8Array;
}

export function eventSignals(dataset: Dataset, table: SignalTable): EventSignals {
  const { kinds } = dataset.events;
  const n = kinds.length;
  const target = new Float32Array(n);
  const confidence = new Float32Array(n);
  const explicit = new Uint8Array(n);
  for (let e = 0; e < n; e++) {
    let standing: Signal | undefined;
    for (const type of kindsOf(kinds[e])) {
      const signal = signalOf(eventOf(dataset, e, type), table);
      if (signal && (!standing || replaces(signal, standing))) standing = signal;
    }
    if (!standing) continue;
    target[e] = standing.target;
    confidence[e] = standing.confidence;
    explicit[e] = Number(standing.explicit);
  }
  return { target, confidence, explicit };
}

/** Event e of the dataset as a device would have recorded its kind `type`. Ids sort as the dataset does. */
export function eventOf(dataset: Dataset, e: number, type: EventType): Event {
  const { item, at, value, dwellMs, fraction } = dataset.events;
  return {
    id: `${e.toString(36).padStart(8, "0")}-${EVENT_TYPES.indexOf(type).toString(36)}`,
    item: dataset.items[item[e]].id,
    at: at[e],
    type,
    ...(!Number.isNaN(value[e]) && { value: value[e] }),
    ...(!Number.isNaN(dwellMs[e]) && { dwellMs: dwellMs[e] }),
    ...(!Number.isNaN(fraction[e]) && { fraction: fraction[e] }),
  } as Event; // A kind whose fields the log lacks (a view without dwell) gives no signal, which is what is meant.
}
