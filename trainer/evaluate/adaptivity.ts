/**
 * The protocol `adaptivity`: how soon a list follows a person who has changed, and how well it holds what it knew.
 *
 * A change is made of two people: after u's history come events of another one, v, and the list is asked for what v did next.
 * With k of v's events after u's history it is held against the same k events without any history: a(k) is the ratio of the two.
 * Retention is the other side: one stray event of v after u's history, and the list is asked for what u did next.
 */
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile, type LoggedEvent } from "../../shared/profile.ts";
import { createBreath } from "../breath.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import { below, createRandom, shuffle } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";
import { createBootstrap, type Estimate, perPerson } from "./bootstrap.ts";
import { idealDcg, LIST_LENGTH, ndcgOf, ranksOf } from "./metrics.ts";
import type { Scorer } from "./replay.ts";
import { knownItems, loggedEvents } from "./walk.ts";

/** Events of v after which the list is looked at. */
export const SPLICED = [1, 2, 3, 5, 10] as const;

/** Events at the end of a person that are asked for, as a set. */
const TARGETS = 10;

/** a(k) from which a list is said to have followed. */
const FOLLOWED = 0.9;

/** Between two spliced events of a log without times of its own. */
const UNTIMED_GAP_MS = 1;

export interface AdaptivityOptions {
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  /** What is measured, by name. */
  readonly scorers: Readonly<Record<string, Scorer>>;
  /** At most so many people, drawn by the seed. */
  readonly people: number;
  readonly seed: number;
  readonly onPerson?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** a(k). */
export interface Adapted {
  readonly k: number;
  readonly ratio: Estimate;
  /** Mean NDCG@10 after the change, and with the k events alone. */
  readonly spliced: number;
  readonly alone: number;
}

export interface AdaptivityRow {
  /** a(k) for each k of `SPLICED`. */
  readonly adapted: readonly Adapted[];
  /** The least k of `SPLICED` with a(k) ≥ .9; null where there is none. */
  readonly followedAt: number | null;
  /** Mean NDCG@10 after one stray event, over the mean without it. */
  readonly retention: Estimate;
  /** Mean NDCG@10 of the people's own next events. */
  readonly undisturbed: number;
  readonly people: number;
}

/** A person and the one that they turn into. */
interface Pair {
  readonly user: number;
  readonly other: number;
  /** Position in the dataset of the stray event of v. */
  readonly stray: number;
}

/** @returns a row for each scorer, all over the same people; none where nobody has a history that is long enough */
export async function adaptivity(options: AdaptivityOptions): Promise<Record<string, AdaptivityRow>> {
  const { seed, scorers, onPerson } = options;
  const breathe = createBreath(options.signal);
  const pairs = drawPairs(options);
  const names = Object.keys(scorers);
  const measured = names.map(() => ({
    spliced: SPLICED.map((): number[] => []),
    alone: SPLICED.map((): number[] => []),
    with: [] as number[],
    without: [] as number[],
  }));
  const ask = createAsker(options);
  for (const [done, { user, other, stray }] of pairs.entries()) {
    await breathe();
    const own = ask.eventsOf(user);
    const theirs = ask.eventsOf(other);
    const history = own.slice(0, -TARGETS);
    for (const [at, k] of SPLICED.entries()) {
      const came = theirs.slice(-TARGETS - k, -TARGETS);
      const question = { user, wanted: theirs.slice(-TARGETS), seen: came };
      const spliced = await ask.ndcg([...history, ...came], question);
      const alone = await ask.ndcg(came, question);
      names.forEach((_, m) => {
        measured[m].spliced[at].push(spliced[m]);
        measured[m].alone[at].push(alone[m]);
      });
    }
    const question = { user, wanted: own.slice(-TARGETS), seen: [...history, stray] };
    const after = await ask.ndcg([...history, stray], question);
    const before = await ask.ndcg(history, question);
    names.forEach((_, m) => {
      measured[m].with.push(after[m]);
      measured[m].without.push(before[m]);
    });
    onPerson?.(done + 1, pairs.length);
  }
  if (pairs.length === 0) return {};
  return Object.fromEntries(names.map((name, m) => [name, summarize(measured[m], seed)]));
}

/** NDCG@10 of each person: for each k after the change and without a history, and with and without the stray event. */
interface Measured {
  readonly spliced: readonly (readonly number[])[];
  readonly alone: readonly (readonly number[])[];
  readonly with: readonly number[];
  readonly without: readonly number[];
}

function summarize(measured: Measured, seed: number): AdaptivityRow {
  const sums = {
    spliced: measured.spliced.map(perPerson),
    alone: measured.alone.map(perPerson),
    with: perPerson(measured.with),
    without: perPerson(measured.without),
  };
  const bootstrap = createBootstrap([...sums.spliced, ...sums.alone, sums.with, sums.without], seed);
  const adapted = SPLICED.map((k, at): Adapted => ({
    k,
    ratio: bootstrap.ratio(sums.spliced[at], sums.alone[at]),
    spliced: bootstrap.estimate(sums.spliced[at]).mean,
    alone: bootstrap.estimate(sums.alone[at]).mean,
  }));
  return {
    adapted,
    followedAt: adapted.find(({ ratio }) => ratio.mean >= FOLLOWED)?.k ?? null,
    retention: bootstrap.ratio(sums.with, sums.without),
    undisturbed: bootstrap.estimate(sums.without).mean,
    people: measured.with.length,
  };
}

/** People with enough of a history, each with another one, drawn by the seed. */
function drawPairs({ dataset, signals, people, seed }: AdaptivityOptions): Pair[] {
  const random = createRandom(seed);
  const positives = dataset.users.map((_, user) => positivesOf(dataset, signals, user));
  const able = positives.flatMap((of, user) => (of.length >= TARGETS + Math.max(...SPLICED) + 1 ? [user] : []));
  if (able.length < 2) return [];
  return shuffle([...able], random)
    .slice(0, people)
    .flatMap((user): Pair[] => {
      const others = able.length - 1;
      const drawn = able[below(random, others)];
      const other = drawn === user ? able[others] : drawn;
      const { item } = dataset.events;
      const asked = new Set(positives[user].slice(-TARGETS).map((e) => item[e]));
      const strays = positives[other].filter((e) => !asked.has(item[e]));
      return strays.length > 0 ? [{ user, other, stray: strays[below(random, strays.length)] }] : [];
    });
}

function positivesOf({ events: { start } }: Dataset, { target, confidence }: EventSignals, user: number): number[] {
  const positives: number[] = [];
  for (let e = start[user]; e < start[user + 1]; e++) if (target[e] * confidence[e] > 0) positives.push(e);
  return positives;
}

/** What a list is asked for: events that were wanted, by a person who has seen those. */
interface Question {
  readonly user: number;
  readonly wanted: readonly number[];
  readonly seen: readonly number[];
}

function createAsker({ dataset, signals, assembly, model, scorers }: AdaptivityOptions) {
  const known = knownItems(assembly);
  const { item, at } = dataset.events;
  const rowOf = (e: number) => assembly.rowOfItem[item[e]];

  /** Events as one person's log: each comes after the one before by the gap that it had in its own log. */
  function logOf(events: readonly number[]): { log: LoggedEvent[]; now: number } {
    let now = 0;
    const log = events.flatMap((e, place) => {
      const before = events[place - 1];
      const gap = before === undefined ? at[e] : at[e] - at[before];
      now += before !== undefined && gap <= 0 ? UNTIMED_GAP_MS : gap;
      return loggedEvents(dataset, e, known(rowOf(e))).map((entry) => ({
        ...entry,
        event: { ...entry.event, at: now, id: `${String(place).padStart(8, "0")}-${entry.event.id}` },
      }));
    });
    return { log, now };
  }

  return {
    /** The positives of a person, as positions in the dataset. */
    eventsOf: (user: number) => positivesOf(dataset, signals, user),
    /** NDCG@10 of the list after some events, by every scorer. */
    async ndcg(events: readonly number[], { user, wanted, seen: seenEvents }: Question): Promise<number[]> {
      const { log, now } = logOf(events);
      const profile = createProfile(model, log);
      const seenRows = [...new Set(seenEvents.map(rowOf).filter((row) => row >= 0))];
      const seen = new Uint8Array(assembly.table.columns.size);
      for (const row of seenRows) seen[row] = 1;
      const interest = interestAt(profile, model, now);
      const linear = scoreLinear(assembly.table, interest, model);
      // What is seen cannot be shown again.
      const rows = [...new Set(wanted.map(rowOf))].map((row) => (seen[row] === 1 ? -1 : row));
      const list = { user, event: events.at(-1)!, rows, now, profile, seen };
      const figures: number[] = [];
      for (const scorer of Object.values(scorers)) {
        const ranks = ranksOf(rows, await scorer(list, interest, linear), seenRows, LIST_LENGTH);
        figures.push(ranks.reduce((sum, rank) => sum + ndcgOf(rank), 0) / idealDcg(rows.length, LIST_LENGTH));
      }
      return figures;
    },
  };
}
