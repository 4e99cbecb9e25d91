/**
 * The profile of one person: the log of events turned into evidence, kept up to date one event at a time.
 *
 * The log is the truth, and where it was shortened what it has left (`carried.ts`); this is a view of both: appending events
 * one by one, in any order, gives bit for bit what building from the whole log gives. Not here: storage, and what the
 * interests are used for (`linear-score.ts`).
 */
import { sumsFrom } from "./carried.ts";
import type { Carried } from "./carried.ts";
import type { Event } from "./event.ts";
import { createEvidenceTrail, TRAIL_LENGTH } from "./evidence-trail.ts";
import type { Sums } from "./evidence-trail.ts";
import type { KnownItem, ProfileSignal } from "./interest.ts";
import { addSignal } from "./posterior.ts";
import type { Evidence, ProfileConstants } from "./posterior.ts";
import { cardKey, replaces, signalOf, signalsOf } from "./signals.ts";
import type { SignalTable } from "./signals.ts";

/** An event, with what the device knows of its item; an item it knows nothing of gives no evidence. */
export interface LoggedEvent {
  readonly event: Event;
  readonly known?: KnownItem;
}

export interface Profile {
  /** The evidence of the log, in (at, event id) order. */
  readonly signals: readonly ProfileSignal[];
  /** What came before the log: it is in the sums, under the signals. */
  readonly carried: Carried | undefined;
  readonly taste: Evidence;
  readonly intent: Evidence;
  append(entry: LoggedEvent): void;
  /** Starts over from a whole log. */
  replace(log: readonly LoggedEvent[]): void;
}

export interface ProfileModel {
  readonly dim: number;
  readonly profile: ProfileConstants;
  readonly signals: SignalTable;
}

/** @param carried evidence from before the log */
export function createProfile(model: ProfileModel, log: readonly LoggedEvent[] = [], carried?: Carried): Profile {
  let entries: LoggedEvent[] = [];
  let signals: ProfileSignal[] = [];
  let sums: Sums = sumsFrom(carried, model.dim);
  const trail = createEvidenceTrail(model.dim);
  /** The signal that stands for each card: a later one may take its place. */
  let standing = new Map<string, ProfileSignal>();
  /** Events named by an undo, which may come before the event itself when tabs and clocks disagree. */
  let named = new Set<string>();

  function join(signal: ProfileSignal): void {
    signals.push(signal);
    addSignal(sums.taste, signal, model.profile.taste);
    addSignal(sums.intent, signal, model.profile.intent);
  }

  function replace(newLog: readonly LoggedEvent[]): void {
    entries = [...newLog];
    const told = entries.filter(({ event, known }) => known || event.type === "undo");
    const byId = new Map(told.map((entry) => [entry.event.id, entry]));
    const telling = told.map(({ event }) => event);
    named = new Set(telling.flatMap((event) => (event.type === "undo" ? [event.event] : [])));
    const all = signalsOf(telling, model.signals).map((signal) => ({ ...signal, ...byId.get(signal.event)!.known! }));
    standing = new Map(all.map((signal) => [cardKey(byId.get(signal.event)!.event), signal]));
    let kept = sharedStart(signals, all);
    if (!trail.rewind(signals.length - kept, sums)) {
      kept = 0;
      sums = sumsFrom(carried, model.dim);
    }
    signals = all.slice(0, kept);
    for (let i = kept; i < all.length; i++) {
      if (i >= all.length - TRAIL_LENGTH) trail.note(sums);
      join(all[i]!);
    }
  }

  /** Takes a recent signal out, as if it had never been there. False where it is too long ago. */
  function takeOut(signal: ProfileSignal): boolean {
    const place = signals.lastIndexOf(signal);
    if (!trail.rewind(signals.length - place, sums)) return false;
    for (const later of signals.splice(place).slice(1)) {
      trail.note(sums);
      join(later);
    }
    return true;
  }

  function append(entry: LoggedEvent): void {
    const { event, known } = entry;
    const signal = known && signalOf(event, model.signals);
    if (event.type !== "undo" && !signal) {
      entries.push(entry);
      return;
    }
    const last = signals.at(-1);
    const isLatest = !last || event.at > last.at || (event.at === last.at && event.id > last.event);
    if (!signal || !isLatest || named.has(event.id)) return replace([...entries, entry]);
    const card = cardKey(event);
    const before = standing.get(card);
    const counts = !before || replaces(signal, before);
    if (counts && before && !takeOut(before)) return replace([...entries, entry]);
    entries.push(entry);
    if (!counts) return;
    const joined = { ...signal, ...known };
    standing.set(card, joined);
    trail.note(sums);
    join(joined);
  }

  replace(log);
  return {
    get signals() {
      return signals;
    },
    carried,
    get taste() {
      return sums.taste;
    },
    get intent() {
      return sums.intent;
    },
    append,
    replace,
  };
}

/** How many signals two lists begin with alike: the same events with the same vectors. */
function sharedStart(a: readonly ProfileSignal[], b: readonly ProfileSignal[]): number {
  const differs = a.findIndex(({ event, vector }, i) => b[i]?.event !== event || b[i].vector !== vector);
  return differs < 0 ? a.length : differs;
}
