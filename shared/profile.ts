/**
 * The profile of one person: the log of events turned into evidence, kept up to date one event at a time.
 *
 * The log is the truth, this is a view of it: appending events one by one, in any order, gives bit for bit what building
 * from the whole log gives. Not here: storage, and what the interests are used for (`linear-score.ts`).
 */
import type { Event } from "./event.ts";
import type { KnownItem, ProfileSignal } from "./interest.ts";
import { addSignal, emptyEvidence } from "./posterior.ts";
import type { Evidence, ProfileConstants } from "./posterior.ts";
import { cardKey, signalOf, signalsOf } from "./signals.ts";
import type { Signal, SignalTable } from "./signals.ts";

/** An event, with what the device knows of its item; an item it knows nothing of gives no evidence. */
export interface LoggedEvent {
  readonly event: Event;
  readonly known?: KnownItem;
}

export interface Profile {
  /** All evidence, in (at, event id) order. */
  readonly signals: readonly ProfileSignal[];
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

export function createProfile(model: ProfileModel, log: readonly LoggedEvent[] = []): Profile {
  let entries: LoggedEvent[] = [];
  let signals: ProfileSignal[] = [];
  let taste = emptyEvidence(model.dim);
  let intent = emptyEvidence(model.dim);
  /** Cards that a signal stands for: a second one may take its place. */
  let cards = new Set<string>();
  /** Events named by an undo, which may come before the event itself when tabs and clocks disagree. */
  let named = new Set<string>();

  function join(signal: Signal, known: KnownItem): void {
    const joined = { ...signal, ...known };
    signals.push(joined);
    addSignal(taste, joined, model.profile.taste);
    addSignal(intent, joined, model.profile.intent);
  }

  function replace(newLog: readonly LoggedEvent[]): void {
    entries = [...newLog];
    signals = [];
    taste = emptyEvidence(model.dim);
    intent = emptyEvidence(model.dim);
    const told = entries.filter(({ event, known }) => known || event.type === "undo");
    const byId = new Map(told.map((entry) => [entry.event.id, entry]));
    const telling = told.map(({ event }) => event);
    const standing = signalsOf(telling, model.signals);
    cards = new Set(standing.map((signal) => cardKey(byId.get(signal.event)!.event)));
    named = new Set(telling.flatMap((event) => (event.type === "undo" ? [event.event] : [])));
    for (const signal of standing) join(signal, byId.get(signal.event)!.known!);
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
    if (!signal || !isLatest || named.has(event.id) || cards.has(cardKey(event))) return replace([...entries, entry]);
    entries.push(entry);
    cards.add(cardKey(event));
    join(signal, known);
  }

  replace(log);
  return {
    get signals() {
      return signals;
    },
    get taste() {
      return taste;
    },
    get intent() {
      return intent;
    },
    append,
    replace,
  };
}
