/**
 * The protocol `freshness`: what it is worth that a list knows the last events. The same model ranks the same held-out targets,
 * once with everything before them and once with what a pipeline would know that is late by some delay.
 *
 * Worth reading only of a log with times of use. The time of a film rating, say, is not when the film was watched.
 */
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile, type Profile } from "../../shared/profile.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { createBreath } from "../breath.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { ndcgOf, rankOf } from "./metrics.ts";
import { createBootstrap, type Estimate, gatherPeople } from "./bootstrap.ts";
import type { Scorer } from "./replay.ts";
import { knownItems, loggedEvents } from "./walk.ts";

/** What a late pipeline knows of at time t: events before `cut`. */
interface Delay {
  readonly name: string;
  readonly cut: (t: number, about: Pick<FreshnessOptions, "utcOffsetMinutes" | "firstHeldOut">) => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const DELAYS: readonly Delay[] = [
  { name: "none", cut: (t) => t },
  { name: "one hour", cut: (t) => t - HOUR_MS },
  { name: "since midnight", cut: (t, { utcOffsetMinutes }) => midnightBefore(t, utcOffsetMinutes) },
  { name: "end of training", cut: (t, about) => Math.min(t, about.firstHeldOut) },
];

export interface FreshnessOptions {
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly scorer: Scorer;
  /** Held-out events of the people who are measured. */
  readonly ranges: readonly TargetRange[];
  /** Where midnight is. */
  readonly utcOffsetMinutes: number;
  /** Epoch ms, of all people: {@link firstHeldOut}. */
  readonly firstHeldOut: number;
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface FreshnessRow {
  readonly delay: string;
  /** Mean NDCG@10 with the delay. */
  readonly ndcg: number;
  /** F = M(0)/M(delay) − 1 over all targets. */
  readonly all: Estimate;
  /** The same over the targets whose history the delay changes; null where it changes none. */
  readonly changed: Estimate | null;
  readonly targets: number;
  readonly changedTargets: number;
}

/** What each target had, in the order of the ranges. */
export interface FreshnessMeasure {
  /** `[targets]` */
  readonly users: readonly number[];
  /** NDCG@10 with each delay. `[delays][targets]` */
  readonly ndcg: readonly (readonly number[])[];
  /** Whether the delay changes the history. `[delays][targets]` */
  readonly changed: readonly (readonly boolean[])[];
}

/** Where training ends, by what is held out. Epoch ms */
export function firstHeldOut({ dataset, ranges }: Pick<FreshnessOptions, "dataset" | "ranges">): number {
  return ranges.reduce((least, { from }) => Math.min(least, dataset.events.at[from]), Infinity);
}

/**
 * @returns a row for each delay, the one without first
 * @throws NearfeedError `no_data` where there is no target
 */
export function freshnessRows({ users, ndcg, changed }: FreshnessMeasure, seed: number): readonly FreshnessRow[] {
  if (users.length === 0) {
    throw new NearfeedError(
      "no_data",
      "There is nothing to measure: no held-out event says that somebody likes something",
    );
  }
  return DELAYS.map(({ name }, d): FreshnessRow => {
    const over = (isUsed: (target: number) => boolean) =>
      ratioOverUsers({ users, fresh: ndcg[0], late: ndcg[d] }, isUsed, seed);
    const changedTargets = changed[d].reduce((sum, each) => sum + Number(each), 0);
    return {
      delay: name,
      ndcg: ndcg[d].reduce((sum, value) => sum + value, 0) / users.length,
      all: over(() => true),
      changed: changedTargets > 0 ? over((target) => changed[d][target]) : null,
      targets: users.length,
      changedTargets,
    };
  });
}

/** Ranks every target with every delay. */
export async function measureFreshness(options: FreshnessOptions): Promise<FreshnessMeasure> {
  const { dataset, signals, assembly, model, scorer, ranges } = options;
  const { start, item, at } = dataset.events;
  const known = knownItems(assembly);
  const breathe = createBreath(options.signal);
  const users: number[] = [];
  const ndcg = DELAYS.map((): number[] => []);
  const changed = DELAYS.map((): boolean[] => []);
  for (const { user, from, to } of ranges) {
    const seen = new Uint8Array(assembly.table.columns.size);
    const see = (e: number) => {
      const row = assembly.rowOfItem[item[e]];
      if (row >= 0) seen[row] = 1;
    };
    for (let e = start[user]; e < from; e++) see(e);
    // Cuts only move forward, so each delay keeps one profile that grows.
    const views = DELAYS.map(() => ({ profile: createProfile(model), next: start[user], told: 0 }));
    for (let e = from; e < to; e++) {
      await breathe();
      if (signals.target[e] * signals.confidence[e] > 0) {
        const row = assembly.rowOfItem[item[e]];
        for (const [d, { cut }] of DELAYS.entries()) {
          const view = views[d];
          // Events of the same moment are ordered by a stated key: those before the target are known without a delay.
          const isKnown = (other: number) => (d === 0 ? other < e : at[other] < cut(at[e], options));
          for (; view.next < e && isKnown(view.next); view.next++) {
            append(view.profile, view.next);
            view.told += Number(signals.confidence[view.next] > 0);
          }
          // What says nothing of an item, such as a card that went by, changes no list.
          const isLate = view.told < views[0].told;
          const figure =
            d > 0 && !isLate
              ? ndcg[0].at(-1)!
              : await ndcgOfTarget({ event: e, rows: [row], now: at[e], user, profile: view.profile, seen });
          ndcg[d].push(figure);
          changed[d].push(isLate);
        }
        users.push(user);
        options.onTarget?.(users.length);
      }
      see(e);
    }
  }
  return { users, ndcg, changed };

  function append(profile: Profile, e: number): void {
    for (const entry of loggedEvents(dataset, e, known(assembly.rowOfItem[item[e]]))) profile.append(entry);
  }

  async function ndcgOfTarget(target: Parameters<Scorer>[0]): Promise<number> {
    const interest = interestAt(target.profile, model, target.now);
    const scores = await scorer(target, interest, scoreLinear(assembly.table, interest, model));
    return ndcgOf(rankOf(target.rows[0], scores, (row) => target.seen[row] === 1));
  }
}

/** M(0)/M(delay) − 1, whole people drawn. */
function ratioOverUsers(
  { users, fresh, late }: { users: readonly number[]; fresh: readonly number[]; late: readonly number[] },
  isUsed: (target: number) => boolean,
  seed: number,
): Estimate {
  const people = gatherPeople(["fresh", "late"]);
  users.forEach((user, target) => {
    if (!isUsed(target)) return;
    people.add(user, "fresh", fresh[target]);
    people.add(user, "late", late[target]);
  });
  const sums = people.sums();
  const { mean, low, high } = createBootstrap([sums.fresh, sums.late], seed).ratio(sums.fresh, sums.late);
  return { mean: mean - 1, low: low - 1, high: high - 1 };
}

/** The last local midnight at or before t. */
export function midnightBefore(t: number, utcOffsetMinutes: number): number {
  const shift = utcOffsetMinutes * 60_000;
  return Math.floor((t + shift) / DAY_MS) * DAY_MS - shift;
}
