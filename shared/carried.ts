/**
 * What is left of signals whose events are no longer in the log: their sums, exactly as the profile had them after the last
 * of them. A profile that begins with them and goes on with the other signals is that of all signals.
 *
 * Only signals from the front of the log can be carried: then what stays has as many signals after it as before. How this
 * is stored, and what becomes of it in another space, is not said here.
 */
import { contentSums } from "./content-profile.ts";
import type { ContentSums } from "./content-profile.ts";
import { copyEvidence } from "./evidence-trail.ts";
import type { Sums } from "./evidence-trail.ts";
import type { ProfileSignal } from "./interest.ts";
import { addSignal, emptyEvidence, fadeOver, weightsAt } from "./posterior.ts";
import type { ProfileModel } from "./profile.ts";

export interface Carried extends Sums {
  /** How many signals are in the sums, and how many of them are wanted. */
  readonly signals: number;
  readonly positives: number;
  readonly content: ContentSums;
  /** Those of them that are still looked at one by one, in order. Their evidence is in the sums. */
  readonly recent: readonly CarriedSignal[];
}

/** A signal that is in the sums, and is still looked at by itself. */
export type CarriedSignal = ProfileSignal & {
  /** How many wanted signals of those in the sums came after it. */
  readonly positivesAfter: number;
};

/** The sums of both time scales that a profile begins with; the caller may go on adding to them. */
export function sumsFrom(carried: Carried | undefined, dim: number): Sums {
  const sums = { taste: emptyEvidence(dim), intent: emptyEvidence(dim) };
  if (carried) {
    copyEvidence(carried.taste, sums.taste);
    copyEvidence(carried.intent, sums.intent);
  }
  return sums;
}

/**
 * Carries the first signals of a log on top of what is carried already.
 *
 * @param signals of the whole log, in order
 * @param count how many of them go
 * @param newest so many wanted, unwanted and repelling signals are looked at one by one
 */
export function carryFirst(
  before: Carried | undefined,
  signals: readonly ProfileSignal[],
  count: number,
  model: ProfileModel & { readonly categoryWeight: ArrayLike<number> },
  newest: number,
): Carried {
  const { taste: scale, intent } = model.profile;
  const gone = signals.slice(0, count);
  const sums = sumsFrom(before, model.dim);
  for (const signal of gone) {
    addSignal(sums.taste, signal, scale);
    addSignal(sums.intent, signal, intent);
  }
  const { at } = sums.taste;
  const earlier = before && { sums: before.content, fade: fadeOver(gone, scale, before.taste.at, at) };
  return {
    ...sums,
    signals: (before?.signals ?? 0) + gone.length,
    positives: (before?.positives ?? 0) + gone.filter(({ target }) => target > 0).length,
    content: contentSums(gone, weightsAt(gone, scale, at), model.categoryWeight, earlier),
    recent: stillRecent(withPositivesAfter(before?.recent ?? [], gone), signals.slice(count), newest),
  };
}

/** What signals are looked at for, one by one. */
const KINDS: readonly ((signal: ProfileSignal) => boolean)[] = [
  ({ target }) => target > 0,
  ({ target }) => target <= 0,
  ({ repel }) => repel > 0,
];

/** Those of the carried signals that are among the newest of a kind. */
function stillRecent(
  gone: readonly CarriedSignal[],
  left: readonly ProfileSignal[],
  newest: number,
): readonly CarriedSignal[] {
  const needed = KINDS.flatMap((isOfKind) => {
    const room = Math.max(0, newest - left.filter(isOfKind).length);
    return room > 0 ? gone.filter(isOfKind).slice(-room) : [];
  });
  const stay = new Set(needed);
  return gone.filter((signal) => stay.has(signal));
}

/** @param signals in order, later than the carried ones */
function withPositivesAfter(carried: readonly CarriedSignal[], signals: readonly ProfileSignal[]): CarriedSignal[] {
  let after = 0;
  const latestFirst = [...signals].reverse().map((signal) => {
    const own = { ...signal, positivesAfter: after };
    if (signal.target > 0) after++;
    return own;
  });
  const earlier = carried.map((signal) => ({ ...signal, positivesAfter: signal.positivesAfter + after }));
  return [...earlier, ...latestFirst.reverse()];
}
