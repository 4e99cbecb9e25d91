/**
 * The protocol `cold-start` for people: how good a list is after 0, 1, 2, … events of somebody, all by the same people. A
 * person's next event is guessed once for each number, from so many of the events before it, as if there were no earlier ones.
 */
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile } from "../../shared/profile.ts";
import { createBreath } from "../breath.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { createBootstrap, type Estimate } from "./bootstrap.ts";
import { rankOf, targetMetrics } from "./metrics.ts";
import type { Scorer } from "./replay.ts";
import { knownItems, loggedEvents } from "./walk.ts";

/** Events that a list knows of. */
export const KNOWN_EVENTS = [0, 1, 2, 3, 5, 10, 20] as const;

/** People that a curve is worth drawing for; where fewer have as many events, it ends earlier. */
const LEAST_PEOPLE = 100;

/** People who are asked: the figures are then known to a hundredth. */
const MOST_PEOPLE = 2_000;

export interface ColdPeopleOptions {
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  /** Held-out events; the first that says that somebody likes something is guessed. */
  readonly ranges: readonly TargetRange[];
  readonly scorers: Readonly<Record<string, Scorer>>;
  readonly seed: number;
  readonly onPerson?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ColdPeopleRow {
  /** How many events were known. */
  readonly events: number;
  readonly hr: Estimate;
  readonly ndcg: Estimate;
}

export interface ColdPeopleTable {
  readonly people: number;
  readonly models: Readonly<Record<string, readonly ColdPeopleRow[]>>;
}

interface Person {
  readonly user: number;
  readonly target: number;
  /** What came before it and says something, newest last. */
  readonly known: readonly number[];
}

/** People without an event that could be guessed are left out; an empty table where nobody is left. */
export async function coldPeople(options: ColdPeopleOptions): Promise<ColdPeopleTable> {
  const { dataset, assembly, model, scorers, seed } = options;
  const { item, at } = dataset.events;
  const { people, steps } = peopleOf(options);
  const known = knownItems(assembly);
  const names = Object.keys(scorers);
  const rank = names.map(() => steps.map((): number[] => []));
  const breathe = createBreath(options.signal);
  for (const [p, { user, target, known: events }] of people.entries()) {
    for (const [s, count] of steps.entries()) {
      await breathe();
      const last = events.slice(events.length - count);
      const seen = new Uint8Array(assembly.table.columns.size);
      const rows = last.map((e) => assembly.rowOfItem[item[e]]);
      for (const row of rows) if (row >= 0) seen[row] = 1;
      const log = last.flatMap((e, i) => loggedEvents(dataset, e, known(rows[i])));
      const profile = createProfile(model, log);
      const row = assembly.rowOfItem[item[target]];
      const list = { user, event: target, rows: [row], now: at[target], profile, seen };
      const interest = interestAt(profile, model, list.now);
      const linear = scoreLinear(assembly.table, interest, model);
      for (const [m, name] of names.entries()) {
        const scores = await scorers[name](list, interest, linear);
        rank[m][s].push(rankOf(row, scores, (other) => seen[other] === 1));
      }
    }
    options.onPerson?.(p + 1, people.length);
  }
  if (people.length === 0) return { people: 0, models: {} };
  const user = Uint32Array.from(people, (person) => person.user);
  const metrics = rank.map((bySteps) =>
    bySteps.map((ranks) => targetMetrics({ user, rank: Float64Array.from(ranks) })),
  );
  const bootstrap = createBootstrap(
    metrics.flat().flatMap(({ hr, ndcg }) => [hr, ndcg]),
    seed,
  );
  return {
    people: people.length,
    models: Object.fromEntries(
      names.map((name, m) => [
        name,
        steps.map((events, s): ColdPeopleRow => {
          const { hr, ndcg } = metrics[m][s];
          return { events, hr: bootstrap.estimate(hr), ndcg: bootstrap.estimate(ndcg) };
        }),
      ]),
    ),
  };
}

/** Those who have done enough for the longest curve that enough people have done enough for. */
function peopleOf({ dataset, signals, ranges }: ColdPeopleOptions): { people: Person[]; steps: readonly number[] } {
  const { start } = dataset.events;
  const says = (e: number) => signals.confidence[e] > 0;
  const all = ranges.flatMap(({ user, from, to }): Person[] => {
    const known: number[] = [];
    for (let e = start[user]; e < to; e++) {
      if (e >= from && signals.target[e] * signals.confidence[e] > 0) return [{ user, target: e, known }];
      if (says(e)) known.push(e);
    }
    return [];
  });
  const reaching = (count: number) => all.filter(({ known }) => known.length >= count);
  const longest = KNOWN_EVENTS.findLast((count) => reaching(count).length >= Math.min(LEAST_PEOPLE, all.length)) ?? 0;
  const people = reaching(longest);
  const every = Math.max(1, people.length / MOST_PEOPLE);
  return {
    people: people.filter((_, p) => Math.floor((p + 1) / every) > Math.floor(p / every)),
    steps: KNOWN_EVENTS.filter((count) => count <= longest),
  };
}
