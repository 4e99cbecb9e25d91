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
  readonly recent: readonly ProfileSignal[];
}

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
 * @param newest so many wanted and so many unwanted signals are looked at one by one
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
    recent: stillRecent([...(before?.recent ?? []), ...gone], signals.slice(count), newest),
  };
}

/** Those of the carried signals that are among the newest of their kind. */
function stillRecent(
  gone: readonly ProfileSignal[],
  left: readonly ProfileSignal[],
  newest: number,
): readonly ProfileSignal[] {
  const room = { wanted: newest, unwanted: newest };
  const kind = ({ target }: ProfileSignal) => (target > 0 ? "wanted" : "unwanted");
  for (const signal of left) room[kind(signal)]--;
  return [...gone]
    .reverse()
    .filter((signal) => room[kind(signal)]-- > 0)
    .reverse();
}
