/**
 * The tensors that the encoder and the ranker read besides features: the recent events and the context of the moment.
 *
 * Shapes here are the model signature; its hash is in the release, and a model of another signature is refused.
 */
import { FEATURES } from "./features.ts";
import type { Interest } from "./interest.ts";

/** L: events the encoder sees, the newest in the last row. */
export const ENCODER_EVENTS = 50;
/** Columns of `event_signal`. */
export const SIGNAL_COLUMNS = ["target", "confidence", "repel", "explicit"] as const;
/** Columns of `context`. */
export const CONTEXT_COLUMNS = ["hours_since_last", "local_hour", "weekday", "signals", "surface"] as const;
/** Surfaces that a model tells apart which names none of its own. */
const SURFACES: readonly string[] = ["home", "sidebar", "similar"];

export interface EncoderInputs {
  /** `[L, d]`; rows of padding are 0. */
  readonly eventVector: Float32Array;
  /** `[L, s]` */
  readonly eventSignal: Float32Array;
  /** `[L]` hours before the last event. */
  readonly eventAge: Float32Array;
  /** `[L]` 1 for an event, 0 for padding. */
  readonly eventMask: Float32Array;
  /** `[c]` */
  readonly context: Float32Array;
}

/** Where and when a list is made. */
export interface Moment {
  readonly surface: string;
  readonly utcOffsetMinutes: number;
}

const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;
/** 1 January 1970 was a Thursday; weekdays count from Monday = 0. */
const EPOCH_WEEKDAY = 3;

/** @param surfaces of the model, see `Heads` */
export function encoderInputs(
  interest: Interest,
  dim: number,
  moment: Moment,
  surfaces?: readonly string[],
): EncoderInputs {
  const eventVector = new Float32Array(ENCODER_EVENTS * dim);
  const eventSignal = new Float32Array(ENCODER_EVENTS * SIGNAL_COLUMNS.length);
  const eventAge = new Float32Array(ENCODER_EVENTS);
  const eventMask = new Float32Array(ENCODER_EVENTS);
  const recent = interest.history.slice(-ENCODER_EVENTS);
  const lastAt = recent.at(-1)?.at ?? interest.now;
  recent.forEach((signal, i) => {
    const row = ENCODER_EVENTS - recent.length + i;
    eventVector.set(Array.from(signal.vector), row * dim);
    eventSignal.set(
      [signal.target, signal.confidence, signal.repel, signal.explicit ? 1 : 0],
      row * SIGNAL_COLUMNS.length,
    );
    eventAge[row] = (lastAt - signal.at) / MS_PER_HOUR;
    eventMask[row] = 1;
  });
  return {
    eventVector,
    eventSignal,
    eventAge,
    eventMask,
    context: momentContext(interest.now, lastAt, interest.count.signals, moment, surfaces),
  };
}

/**
 * The row `context` of one moment, columns as named by `CONTEXT_COLUMNS`.
 *
 * @param now epoch ms
 * @param lastAt epoch ms of the last signal; `now` where there is none
 * @param signals how many signals there are
 * @param surfaces that the model tells apart; any other is the number after theirs
 */
export function momentContext(
  now: number,
  lastAt: number,
  signals: number,
  { surface, utcOffsetMinutes }: Moment,
  surfaces: readonly string[] = SURFACES,
): Float32Array {
  const localMs = now + utcOffsetMinutes * 60_000;
  const localHour = Math.floor((((localMs % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY) / MS_PER_HOUR);
  const weekday = (((Math.floor(localMs / MS_PER_DAY) + EPOCH_WEEKDAY) % 7) + 7) % 7;
  const known = surfaces.indexOf(surface);
  return Float32Array.of(
    Math.max(0, now - lastAt) / MS_PER_HOUR,
    localHour,
    weekday,
    signals,
    known < 0 ? surfaces.length : known,
  );
}

/** What of `Heads` is part of a signature. */
export interface SignedHeads {
  readonly names: readonly string[];
  readonly surfaces?: readonly string[];
}

/** What two sides must agree on to run one model, as plain data for hashing. */
export function modelSignature(
  dim: number,
  { names, surfaces = SURFACES }: SignedHeads,
): Record<string, string | number | readonly string[]> {
  return {
    events: ENCODER_EVENTS,
    dim,
    signal: SIGNAL_COLUMNS,
    context: CONTEXT_COLUMNS,
    surfaces,
    features: FEATURES,
    heads: names,
  };
}
