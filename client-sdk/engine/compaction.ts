/**
 * Which events a log that has grown too long can do without: those whose evidence has faded most. Pure; who drops them
 * from memory and store is `memory.ts`.
 *
 * Where evidence fades, what is dropped weighs nothing any more: up to a half-life of 100 positives no score moves by a
 * millionth of the scores' deviation. Where a release lets evidence fade slowly or never, every signal weighs, and a log
 * that is capped must forget some of it: then the least sure go first, and of equally sure ones the oldest. For random
 * likes that moves a score by at most 0.0003 deviations at a half-life of 200 positives, and by 0.1 where nothing fades.
 * In every case the profile afterwards is that of the log as it then is, on every tab and after every reload.
 */
import type { Event } from "../../shared/event.ts";
import { weightsAt } from "../../shared/posterior.ts";
import type { ProfileConstants, WeighedSignal } from "../../shared/posterior.ts";
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
  /** The newest wanted and the newest unwanted signals stay however little they weigh: neighbours, skips, the encoder and
   * the features look at them one by one, at 500 of each at most. */
  readonly newest: number;
}

/** Ten events a day for more than a year; a replay of it takes some hundredths of a second. */
export const COMPACTION_LIMITS: CompactionLimits = { signals: 5_000, silent: 5_000, kept: 0.9, newest: 500 };

export interface Compaction {
  readonly dropped: ReadonlySet<string>;
  /** What the dropped events leave behind. */
  readonly marks: Marks;
}

export function isTooLong(events: number, signals: number, limits = COMPACTION_LIMITS): boolean {
  return signals > limits.signals || events - signals > limits.silent;
}

/**
 * @param signals those of the log that stand, in the order of the log
 */
export function planCompaction(
  events: readonly Event[],
  signals: readonly (Signal & WeighedSignal)[],
  constants: ProfileConstants,
  limits = COMPACTION_LIMITS,
): Compaction {
  const families = familiesOf(events);
  const silent = new Map(families);
  for (const { event } of signals) silent.delete(event);
  const dropped = new Set<string>();
  const drop = (family: readonly Event[]) => {
    for (const { id } of family) dropped.add(id);
  };

  if (signals.length > limits.signals) {
    const cards = byCard(families);
    for (const { event } of faintest(signals, constants, limits)) {
      // With the signal goes all that was said of its card: what it had replaced must not stand up again.
      for (const root of cards.get(cardKey(families.get(event)![0]!))!) {
        drop(families.get(root)!);
        silent.delete(root);
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
  return { dropped, marks: marksLeftBy(gone, undoneEvents(events)) };
}

/** The signals to drop: lowest weight first, the larger one of both time scales; of equals the oldest. */
function faintest(
  signals: readonly (Signal & WeighedSignal)[],
  { taste, intent }: ProfileConstants,
  { signals: most, kept, newest }: CompactionLimits,
): Signal[] {
  const now = signals.at(-1)!.at;
  const [tasteWeight, intentWeight] = [weightsAt(signals, taste, now), weightsAt(signals, intent, now)];
  const weight = tasteWeight.map((each, i) => Math.max(each, intentWeight[i]!));
  const spared = [true, false].flatMap((wanted) =>
    [...signals.keys()].filter((i) => signals[i]!.target > 0 === wanted).slice(-newest),
  );
  const isSpared = new Set(spared);
  return [...signals.keys()]
    .filter((i) => !isSpared.has(i))
    .sort((a, b) => weight[a]! - weight[b]! || a - b)
    .slice(0, signals.length - Math.floor(most * kept))
    .map((i) => signals[i]!);
}

/**
 * Events by the id of what they are about: an event that is no undo, and all undos of it, of those undos and so on. They
 * go together, or what was taken back would stand again.
 */
function familiesOf(events: readonly Event[]): Map<string, Event[]> {
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
