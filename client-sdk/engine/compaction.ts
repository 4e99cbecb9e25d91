/**
 * Which events a log that has grown too long can do without. Pure; who drops them from memory and store is `memory.ts`.
 *
 * The oldest signals go, and what they have added to the profile is carried on as sums (`shared/carried.ts`): the profile
 * after a compaction is the one before, to rounding, however slowly evidence fades. Only the front of the log can go like
 * that: of what stays each signal has as many later ones as before.
 *
 * What looks at signals one by one looks back on: 10 wanted ones for neighbours and 16 unwanted ones that repel
 * (`interest.ts`), 50 of either for the encoder, and for the features 32 of either, 500 wanted and 500 unwanted ones. The
 * log keeps 4,500. Where it holds fewer than 500 of a kind, as of somebody who never likes or never skips, earlier ones
 * of that kind are carried one by one beside the sums, so that these lose nothing either.
 *
 * What has gone is settled: it can neither be taken back nor replaced by what is said of its card later.
 */
import type { Event } from "../../shared/event.ts";
import { cardKey, undoneEvents } from "../../shared/signals.ts";
import type { Signal } from "../../shared/signals.ts";
import type { Marks } from "../storage/log.ts";
import { marksLeftBy } from "./seen-items.ts";

export interface CompactionLimits {
  /** Signals that a log may have. */
  readonly signals: number;
  /** Events that say nothing: impressions, events taken back and their undos, a view of what was liked later. */
  readonly silent: number;
  /** What is left of both afterwards, as a part: a compaction replays the log, so there should be few. */
  readonly kept: number;
  /** So many of the newest wanted, unwanted and repelling signals are looked at one by one, in the log or carried. */
  readonly newest: number;
}

/** Ten events a day for more than a year; a replay of it takes some hundredths of a second. */
export const COMPACTION_LIMITS: CompactionLimits = { signals: 5_000, silent: 5_000, kept: 0.9, newest: 500 };

export interface CompactionPlan {
  readonly dropped: ReadonlySet<string>;
  /** What the dropped events leave behind. */
  readonly marks: Marks;
  /** How many signals, from the oldest on, are carried on as sums. */
  readonly carried: number;
  /** Epoch ms of the last event that was dropped with one of these. */
  readonly until: number;
}

export function isTooLong(events: number, signals: number, limits = COMPACTION_LIMITS): boolean {
  return signals > limits.signals || events - signals > limits.silent;
}

/**
 * @param signals those of the log that stand, in the order of the log
 */
export function planCompaction(
  events: readonly Event[],
  signals: readonly Signal[],
  limits = COMPACTION_LIMITS,
): CompactionPlan {
  const families = familiesOf(events);
  const silent = new Map(families);
  for (const { event } of signals) silent.delete(event);
  const dropped = new Set<string>();
  let until = 0;
  const drop = (family: readonly Event[]) => {
    for (const { id } of family) dropped.add(id);
  };

  const carried = signals.length > limits.signals ? signals.length - Math.floor(limits.signals * limits.kept) : 0;
  if (carried > 0) {
    const cards = byCard(families);
    for (const { event } of signals.slice(0, carried)) {
      // With the signal goes all that was said of its card: what it had replaced must not stand up again.
      for (const root of cards.get(cardKey(families.get(event)![0]!))!) {
        const family = families.get(root)!;
        drop(family);
        silent.delete(root);
        until = Math.max(until, lastAt(family));
      }
    }
  }

  let left = [...silent.values()].reduce((sum, family) => sum + family.length, 0);
  if (left > limits.silent) {
    const oldestFirst = [...silent.values()].sort((a, b) => lastAt(a) - lastAt(b));
    for (const family of oldestFirst) {
      if (left <= limits.silent * limits.kept) break;
      drop(family);
      left -= family.length;
    }
  }

  const gone = events.filter(({ id }) => dropped.has(id));
  return { dropped, marks: marksLeftBy(gone, undoneEvents(events)), carried, until };
}

/**
 * Events by the id of what they are about: an event that is no undo, and all undos of it, of those undos and so on. They
 * go together, or what was taken back would stand again.
 */
export function familiesOf(events: readonly Event[]): Map<string, Event[]> {
  const undos = new Map(events.flatMap((event) => (event.type === "undo" ? [[event.id, event.event] as const] : [])));
  const families = new Map<string, Event[]>();
  for (const event of events) {
    let root = event.id;
    // Undos that name each other in a circle, as only a made-up import has them, end where they began.
    for (let steps = 0; undos.has(root) && steps < undos.size; steps++) root = undos.get(root)!;
    const family = families.get(root);
    if (!family) families.set(root, [event]);
    else if (event.id === root) family.unshift(event);
    else family.push(event);
  }
  return families;
}

function byCard(families: ReadonlyMap<string, readonly Event[]>): Map<string, string[]> {
  const cards = new Map<string, string[]>();
  for (const [root, [first]] of families) {
    if (first!.id !== root) continue;
    const card = cardKey(first!);
    const roots = cards.get(card);
    if (roots) roots.push(root);
    else cards.set(card, [root]);
  }
  return cards;
}

function lastAt(family: readonly Event[]): number {
  return family.reduce((last, { at }) => Math.max(last, at), 0);
}
