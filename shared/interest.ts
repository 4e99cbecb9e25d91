/**
 * What a profile says at one moment, in the form scoring reads: two posteriors, recent positives, content, skips.
 *
 * Derived from the evidence and the clock, never stored. One of these is made for every list.
 */
import type { CarriedSignal } from "./carried.ts";
import { contentSums } from "./content-profile.ts";
import type { ContentSums } from "./content-profile.ts";
import { NEIGHBOUR_POSITIVES } from "./linear-weights.ts";
import type { LinearWeights } from "./linear-weights.ts";
import { decay, fadeOver, posteriorAt, weightsAt } from "./posterior.ts";
import type { Evidence, Posterior, ProfileConstants, TimeScale } from "./posterior.ts";
import type { Profile } from "./profile.ts";
import type { Signal } from "./signals.ts";

/** What the device keeps of an item that got a signal, so that the profile can always be rebuilt. */
export interface KnownItem {
  /** `[d]`, in the space of the release. */
  readonly vector: ArrayLike<number>;
  /** Category numbers in the dictionary of the release. */
  readonly categories: ArrayLike<number>;
  /** `authorKey`, 0 for none. */
  readonly author: number;
  /** The items people go on to from here, with their weights. */
  readonly neighbours: readonly (readonly [item: string, weight: number])[];
}

export type ProfileSignal = Signal & KnownItem;

/** A signal that scoring looks at one by one, with the weight it has faded to. */
export interface Faded {
  readonly signal: ProfileSignal;
  readonly weight: number;
}

/** Categories and authors of what was wanted, and how long the vector of both is. */
export interface ContentProfile extends ContentSums {
  readonly norm: number;
}

export interface Interest {
  /** Epoch ms. */
  readonly now: number;
  /** The evidence of the log. */
  readonly signals: readonly ProfileSignal[];
  /** To be looked at one by one, oldest first: those of the log, and before them what is still recent of earlier ones. */
  readonly history: readonly ProfileSignal[];
  /** All signals there ever were. */
  readonly count: { readonly signals: number; readonly positives: number };
  /** What is left of Σ w y v of signals that are no longer in the log, at both time scales. `[d]` */
  readonly earlier: { readonly taste: Float64Array; readonly intent: Float64Array } | undefined;
  readonly taste: Posterior;
  readonly intent: Posterior;
  /** What `taste` rests on, as of its last signal. */
  readonly tasteEvidence: Evidence;
  /** w of every signal at both time scales, `[n]`. */
  readonly tasteWeight: Float64Array;
  readonly intentWeight: Float64Array;
  /** The last positives, newest first; weight = y c 2^(−positives_since / h_nb). */
  readonly positives: readonly Faded[];
  /** The last repelling signals, newest first; weight = r, faded. */
  readonly repelling: readonly Faded[];
  readonly content: ContentProfile;
  /** Category number → g·x, from `profile.adjust`. */
  readonly adjustments: ReadonlyMap<number, number>;
}

export interface InterestModel {
  readonly profile: ProfileConstants;
  readonly linear: LinearWeights;
  /** `[d, d]`. */
  readonly gram: ArrayLike<number>;
  /** `[categories]`. */
  readonly categoryWeight: ArrayLike<number>;
}

/** Skips that still push: each costs a scan of the table when it is new. */
const REPELLING_SIGNALS = 16;

/** @param adjustments category number → x in [−1, 1] */
export function interestAt(
  profile: Profile,
  model: InterestModel,
  now: number,
  adjustments: ReadonlyMap<number, number> = new Map(),
): Interest {
  const { taste, intent, carried } = profile;
  // The profile goes on growing; what it says at one moment does not.
  const signals = [...profile.signals];
  const history = [...(carried?.recent ?? []), ...signals];
  const constants = model.profile;
  const asOf = Math.max(now, taste.at);
  const tasteWeight = weightsAt(signals, constants.taste, asOf);
  const left = (scale: TimeScale) => (carried ? fadeOver(signals, scale, carried.taste.at, asOf) : 0);
  const tasteNow = posteriorAt(taste, constants.taste, constants, model.gram, now);
  const [tasteLeft, intentLeft] = [left(constants.taste), left(constants.intent)];
  const sums = contentSums(
    signals,
    tasteWeight,
    model.categoryWeight,
    carried && { sums: carried.content, fade: tasteLeft },
  );
  return {
    now,
    signals,
    history,
    count: {
      signals: signals.length + (carried?.signals ?? 0),
      positives: positivesIn(signals) + (carried?.positives ?? 0),
    },
    earlier: carried && {
      taste: carried.taste.pull.map((pull) => tasteLeft * pull),
      intent: carried.intent.pull.map((pull) => intentLeft * pull),
    },
    taste: tasteNow,
    // Where order means nothing both scales are one, and what is one need not be solved or scanned twice.
    intent: isSameScale(constants) ? tasteNow : posteriorAt(intent, constants.intent, constants, model.gram, now),
    tasteEvidence: { ...taste, scatter: taste.scatter.slice(), pull: taste.pull.slice() },
    tasteWeight,
    intentWeight: weightsAt(signals, constants.intent, asOf),
    positives: lastPositives(history, model.linear),
    repelling: lastRepelling(signals, carried?.recent ?? [], model.linear, now),
    content: { ...sums, norm: lengthOf(sums) },
    adjustments: new Map([...adjustments].map(([category, x]) => [category, model.linear.adjustment * x])),
  };
}

function isSameScale({ taste, intent }: ProfileConstants): boolean {
  return taste.halfLifePositives === intent.halfLifePositives && taste.halfLifeMs === intent.halfLifeMs;
}

function positivesIn(signals: readonly ProfileSignal[]): number {
  return signals.reduce((count, { target }) => (target > 0 ? count + 1 : count), 0);
}

function lastPositives(signals: readonly ProfileSignal[], weights: LinearWeights): Faded[] {
  const positives: Faded[] = [];
  const count = weights.neighbourPositives ?? NEIGHBOUR_POSITIVES;
  for (let i = signals.length - 1; i >= 0 && positives.length < count; i--) {
    const signal = signals[i]!;
    if (signal.target <= 0) continue;
    const weight = signal.target * signal.confidence * decay(positives.length, weights.neighbourHalfLifePositives);
    positives.push({ signal, weight });
  }
  return positives;
}

function lastRepelling(
  signals: readonly ProfileSignal[],
  carried: readonly CarriedSignal[],
  weights: LinearWeights,
  now: number,
): Faded[] {
  const repelling: Faded[] = [];
  const consider = (signal: ProfileSignal, positivesSince: number) => {
    if (signal.repel <= 0 || repelling.length === REPELLING_SIGNALS) return;
    const fade =
      decay(positivesSince, weights.skipHalfLifePositives) *
      decay(Math.max(0, now - signal.at), weights.skipHalfLifeMs);
    repelling.push({ signal, weight: signal.repel * fade });
  };
  let positivesSince = 0;
  for (let i = signals.length - 1; i >= 0; i--) {
    const signal = signals[i]!;
    consider(signal, positivesSince);
    if (signal.target > 0) positivesSince++;
  }
  for (let i = carried.length - 1; i >= 0; i--) consider(carried[i]!, positivesSince + carried[i]!.positivesAfter);
  return repelling;
}

function lengthOf({ category, author }: ContentSums): number {
  let sum = 0;
  for (const value of category) sum += value * value;
  for (const value of author.values()) sum += value * value;
  return Math.sqrt(sum);
}
