/**
 * Walks held-out users through the device's own profile code: at each held-out positive the profile holds exactly the
 * events before it, and afterwards it takes the event in. Where the held-out part is one set, the profile stays as it was
 * before all of it. Tuning, evaluation and the deep ranker's training see these.
 */
import type { KnownItem } from "../../shared/interest.ts";
import { createProfile, type LoggedEvent, type Profile, type ProfileModel } from "../../shared/profile.ts";
import { type Assembly, knownItem } from "../items/assemble.ts";
import { eventOf, type EventSignals } from "../items/event-signals.ts";
import { type Dataset, kindsOf } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import type { StrayOf } from "./strays.ts";

/** Sorts after every id of `eventOf`. */
const AFTER_ALL = "~";

export interface WalkedTarget {
  readonly user: number;
  /** Position of the event in the dataset. */
  readonly event: number;
  /** Row of its item in the assembly; −1 where the assembly does not have it. */
  readonly row: number;
  /** Epoch ms of the event: the moment the list would have been made. */
  readonly now: number;
  /** What the person did before. Valid until the walk goes on. */
  readonly profile: Profile;
  /** 1 for every row the person has met before. Valid until the walk goes on. `[n]` */
  readonly seen: Uint8Array;
  /** Where `strayOf` says so, what somebody else did: the newest entries of this person's log. */
  readonly stray?: readonly LoggedEvent[];
}

/** A moment at which a list is made, and the held-out positives that it is to hold. */
export interface WalkedList extends Omit<WalkedTarget, "row"> {
  /** Rows of the targets, −1 where the assembly lacks one; `event` is the first of them. One row but for sets. */
  readonly rows: readonly number[];
}

export interface WalkOptions {
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  readonly assembly: Assembly;
  readonly ranges: readonly TargetRange[];
  readonly model: ProfileModel;
  /** Which positives are targets; all by default. The others still enter the profile. */
  readonly isTarget?: (event: number) => boolean;
  /** Whether a person's held-out events are one set, of which none is known when the others are guessed. */
  readonly asSet?: boolean;
  /** Strays before targets; none by default. Each is gone again when the walk goes on. */
  readonly strayOf?: StrayOf;
}

/** The targets one by one. */
export function* walkTargets(options: Omit<WalkOptions, "asSet">): Generator<WalkedTarget> {
  for (const { rows, ...moment } of walkLists(options)) yield { ...moment, row: rows[0] };
}

/** Events of items that the assembly does not have give no evidence, as on a device. */
export function* walkLists(options: WalkOptions): Generator<WalkedList> {
  const { dataset, signals, assembly, ranges, model, isTarget = () => true, strayOf } = options;
  const { start, item, at } = dataset.events;
  const known = knownItems(assembly);
  const seen = new Uint8Array(assembly.table.columns.size);
  const rowOf = (e: number) => assembly.rowOfItem[item[e]];
  for (const { user, from, to } of ranges) {
    seen.fill(0);
    const log: LoggedEvent[] = [];
    for (let e = start[user]; e < from; e++) {
      const row = rowOf(e);
      if (row >= 0) seen[row] = 1;
      log.push(...loggedEvents(dataset, e, known(row)));
    }
    const profile = createProfile(model, log);
    const targets: number[] = [];
    for (let e = from; e < to; e++) if (signals.target[e] * signals.confidence[e] > 0 && isTarget(e)) targets.push(e);
    if (options.asSet) {
      const [event] = targets;
      if (event !== undefined) yield* asked({ user, event, rows: targets.map(rowOf), now: at[from], profile, seen });
      continue;
    }
    let next = from;
    for (const event of targets) {
      for (; next < event; next++) takeIn(next);
      yield* asked({ user, event, rows: [rowOf(event)], now: at[event], profile, seen });
    }
    for (; next < to; next++) takeIn(next);
    function takeIn(e: number): void {
      const row = rowOf(e);
      if (row >= 0) seen[row] = 1;
      const entries = loggedEvents(dataset, e, known(row));
      log.push(...entries);
      for (const entry of entries) profile.append(entry);
    }
    function* asked(list: WalkedList): Generator<WalkedList> {
      const e = strayOf?.(list.event);
      if (e === undefined) return yield list;
      const row = rowOf(e);
      const stray = strayEntries(loggedEvents(dataset, e, known(row)), log.at(-1)?.event.at ?? list.now);
      const wasSeen = seen[row];
      if (row >= 0) seen[row] = 1;
      yield { ...list, profile: createProfile(model, [...log, ...stray]), stray };
      if (row >= 0) seen[row] = wasSeen;
    }
  }
}

/** Entries of another log as the newest of one that ends then. */
function strayEntries(entries: readonly LoggedEvent[], at: number): LoggedEvent[] {
  return entries.map((entry) => ({ ...entry, event: { ...entry.event, at, id: `${AFTER_ALL}${entry.event.id}` } }));
}

/** Event e of the dataset as the device's log would hold it. */
export function loggedEvents(dataset: Dataset, e: number, known: KnownItem | undefined): LoggedEvent[] {
  return kindsOf(dataset.events.kinds[e]).map((type) => ({
    event: eventOf(dataset, e, type),
    ...(known && { known }),
  }));
}

/** `knownItem`, made once a row; undefined for row −1. */
export function knownItems(assembly: Assembly): (row: number) => KnownItem | undefined {
  const made: KnownItem[] = [];
  return (row) => (row < 0 ? undefined : (made[row] ??= knownItem(assembly, row)));
}
