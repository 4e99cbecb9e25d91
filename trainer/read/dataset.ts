/**
 * The dataset that training and evaluation work on: every user's events in order, as flat arrays. Compact, because a
 * million events as objects would not fit beside a model.
 */
import { EVENT_TYPES, type EventType } from "../../shared/event.ts";
import type { Item } from "../../shared/item.ts";

export interface Dataset {
  /** What it was read from, for reports. */
  readonly name: string;
  /** User ids, sorted as text. */
  readonly users: readonly string[];
  /** The catalogue: every item of the item table and every item that the log names, sorted by id as text. */
  readonly items: readonly Item[];
  readonly events: Events;
  /** Where things are shown, those that most events are of first; absent where the log never says. */
  readonly surfaces?: readonly string[];
  /** False where the log has no times; `at` then counts a user's events, one millisecond each. */
  readonly timed: boolean;
  /** False where the order of a user's events means nothing; they then come in one drawn by the hash of user and item. */
  readonly ordered: boolean;
}

/** Events of all users. Those of user u are `start[u]` to `start[u + 1]`, ordered by `ORDER_RULE`. */
export interface Events {
  /** `[users + 1]` */
  readonly start: Uint32Array;
  /** Row of the item in the catalogue. */
  readonly item: Uint32Array;
  /** Epoch ms. */
  readonly at: Float64Array;
  /** Bits of `EVENT_TYPES`: an exposure may carry several kinds. */
  readonly kinds: Uint16Array;
  /** Stars or price; NaN where absent. */
  readonly value: Float32Array;
  /** NaN where absent. */
  readonly dwellMs: Float32Array;
  /** Part of the item consumed, 0–1; NaN where absent. */
  readonly fraction: Float32Array;
  /** Whether the item was finished by the log's own account: 1, 0, or 2 where it does not say; absent where it never does. */
  readonly finished?: Uint8Array;
  /** Place in the list that it was shown in, from 0 on; −1 where the log does not say; absent where it never does. */
  readonly position?: Int16Array;
  /** How likely it was to be shown there; 1 where the log does not say or nothing was drawn; absent where it never says. */
  readonly propensity?: Float32Array;
  /** Where it was shown, as a place in `Dataset.surfaces`; `SURFACE_UNSAID` where the log does not say; absent where it never does. */
  readonly surface?: Uint8Array;
  /**
   * 1 where a row says all that became of it, as logs with columns of 0 and 1 do; absent where none does. Elsewhere what was done comes
   * after an exposure, as events of its own.
   */
  readonly saysAll?: Uint8Array;
}

/** `Events.finished` where the log does not say. */
export const FINISHED_UNSAID = 2;

/** `Events.position` where the log does not say, and the last place that is told from those after it. */
export const POSITION_UNSAID = -1;
export const LAST_POSITION = 32_767;

/** `Events.surface` where the log does not say, or says one of more than can be numbered, or one that is longer than an id may be. */
export const SURFACE_UNSAID = 255;

/** How events of one user with equal times are ordered; stated in every report. */
export const ORDER_RULE =
  "time, then the log's own order column where it has one, then what was shown before what was done, then item id as text";

/** The same where the log's order means nothing: the last events are then as good a sample as any. */
export const UNORDERED_RULE = "none: drawn by a hash of user and item";

export function kindsOf(bits: number): EventType[] {
  return EVENT_TYPES.filter((_, i) => bits & (1 << i));
}

/** Copies some events, by position, into a dataset of the same users and items. `keep` is ascending. */
export function selectEvents(dataset: Dataset, keep: ArrayLike<number>): Dataset {
  const { events } = dataset;
  const users = dataset.users.length;
  const start = new Uint32Array(users + 1);
  let e = 0;
  for (let u = 0; u < users; u++) {
    while (e < keep.length && keep[e] < events.start[u + 1]) e++;
    start[u + 1] = e;
  }
  const pick = <A extends { [i: number]: number }>(from: A, into: A): A => {
    for (let i = 0; i < keep.length; i++) into[i] = from[keep[i]];
    return into;
  };
  const n = keep.length;
  return {
    ...dataset,
    events: {
      start,
      item: pick(events.item, new Uint32Array(n)),
      at: pick(events.at, new Float64Array(n)),
      kinds: pick(events.kinds, new Uint16Array(n)),
      value: pick(events.value, new Float32Array(n)),
      dwellMs: pick(events.dwellMs, new Float32Array(n)),
      fraction: pick(events.fraction, new Float32Array(n)),
      ...(events.finished && { finished: pick(events.finished, new Uint8Array(n)) }),
      ...(events.position && { position: pick(events.position, new Int16Array(n)) }),
      ...(events.propensity && { propensity: pick(events.propensity, new Float32Array(n)) }),
      ...(events.surface && { surface: pick(events.surface, new Uint8Array(n)) }),
      ...(events.saysAll && { saysAll: pick(events.saysAll, new Uint8Array(n)) }),
    },
  };
}
