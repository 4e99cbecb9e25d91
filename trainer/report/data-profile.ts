/** What a log is like: how much there is, how long people stay, how unequal items are, and what could not be used. */
import { EVENT_TYPES, type EventType } from "../../shared/event.ts";
import type { EventSignals } from "../items/event-signals.ts";
import { type LogProfile, profileLog } from "../read/log-profile.ts";
import { type BadRow, type BadRowReport, describeBadRow } from "../read/bad-rows.ts";
import type { Dataset } from "../read/dataset.ts";
import type { ReadReport } from "../read/read-dataset.ts";
import { basename } from "node:path";

/** A bar of a histogram: values from `from` to `to`, both included. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The most popular `items` share of all items has the `events` share of all events. */
export interface TailPoint {
  readonly items: number;
  readonly events: number;
}

export interface DataProfile {
  /** Names of the log's files, without their folders. */
  readonly files: readonly string[];
  readonly people: number;
  readonly items: number;
  /** Items of which the log has an event. */
  readonly itemsMet: number;
  readonly events: number;
  /** Events that say that somebody likes something. */
  readonly likes: number;
  readonly kinds: readonly { readonly kind: EventType; readonly count: number }[];
  /** Epoch ms of the first and the last event; absent where the log has no times. */
  readonly span?: { readonly from: number; readonly to: number };
  readonly ordered: boolean;
  readonly eventsAPerson: { readonly median: number; readonly most: number; readonly bins: readonly Bin[] };
  readonly tail: { readonly points: readonly TailPoint[]; readonly gini: number };
  /** Absent where the log has no times. */
  readonly sessions?: NonNullable<LogProfile["sessions"]>;
  /** Events of the future. */
  readonly future: number;
  /** People who are probably machines. */
  readonly machines: { readonly people: number; readonly events: number };
  readonly duplicates: number;
  readonly undone: number;
  readonly unknownItems: number;
  readonly badRows: {
    readonly bad: number;
    readonly read: number;
    /** The first of them, in words. */
    readonly samples: readonly string[];
  };
}

/** Shares of the items at which the tail is looked at; the head is where it bends. */
const TAIL_SHARES = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Bad rows that are shown; the count says how many there are. */
const SHOWN_BAD_ROWS = 5;

/**
 * @param files of the log, as they were named
 * @param now epoch ms
 */
export function profileData(
  dataset: Dataset,
  signals: EventSignals,
  read: ReadReport,
  files: readonly string[],
  now: number,
): DataProfile {
  const { events, users, items, ordered } = dataset;
  const { start, item, kinds } = events;
  const { sessions, span, future, machines } = profileLog(dataset, now);
  const eventsOf = users.map((_, user) => start[user + 1] - start[user]).sort((a, b) => a - b);
  const popularity = new Float64Array(items.length);
  for (const row of item) popularity[row]++;
  const ranked = popularity.toSorted().reverse();
  return {
    files: files.map((path) => basename(path)),
    people: users.length,
    items: items.length,
    itemsMet: ranked.reduce((met, of) => met + Number(of > 0), 0),
    events: item.length,
    likes: signals.target.reduce((likes, target, e) => likes + Number(target * signals.confidence[e] > 0), 0),
    kinds: EVENT_TYPES.map((kind, k) => ({
      kind,
      count: kinds.reduce((sum, bits) => sum + ((bits >> k) & 1), 0),
    })).filter(({ count }) => count > 0),
    ...(span && { span }),
    ordered,
    eventsAPerson: { median: median(eventsOf), most: eventsOf.at(-1) ?? 0, bins: doublingBins(eventsOf) },
    tail: { points: tailOf(ranked), gini: giniOf(ranked) },
    ...(sessions && { sessions }),
    future,
    machines: { people: machines.people, events: machines.events },
    duplicates: read.duplicates,
    undone: read.undone,
    unknownItems: read.unknownItems,
    badRows: badRowsOf([read.events, ...(read.items ? [read.items] : [])]),
  };
}

function badRowsOf(reports: readonly BadRowReport[]): DataProfile["badRows"] {
  const sum = (of: (report: BadRowReport) => number) => reports.reduce((all, report) => all + of(report), 0);
  const named = (row: BadRow) => describeBadRow({ ...row, file: basename(row.file) });
  return {
    bad: sum(({ bad }) => bad),
    read: sum(({ read }) => read),
    samples: reports
      .flatMap(({ samples }) => samples)
      .slice(0, SHOWN_BAD_ROWS)
      .map(named),
  };
}

/** Of values in rising order; 0 of none. */
export function median(sorted: readonly number[]): number {
  if (sorted.length === 0) return 0;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Bins 1, 2–3, 4–7, 8–15, …: histories differ by factors. Empty ones at both ends are left out. */
export function doublingBins(values: readonly number[]): Bin[] {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (value < 1) continue;
    const power = Math.floor(Math.log2(value));
    counts.set(power, (counts.get(power) ?? 0) + 1);
  }
  const powers = [...counts.keys()];
  if (powers.length === 0) return [];
  const [first, last] = [Math.min(...powers), Math.max(...powers)];
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const power = first + i;
    return { from: 2 ** power, to: 2 ** (power + 1) - 1, count: counts.get(power) ?? 0 };
  });
}

/** @param ranked events of each item, most first */
function tailOf(ranked: Float64Array): TailPoint[] {
  const total = ranked.reduce((sum, of) => sum + of, 0);
  let [taken, sum] = [0, 0];
  const points = TAIL_SHARES.map((share) => {
    for (const end = Math.round(share * ranked.length); taken < end; taken++) sum += ranked[taken];
    return { items: taken / ranked.length, events: total === 0 ? 0 : sum / total };
  });
  return points.filter(({ items }, i) => i === 0 || items > points[i - 1].items);
}

/** 0 where all items have as many events, near 1 where one has all of them. */
function giniOf(ranked: Float64Array): number {
  const n = ranked.length;
  const total = ranked.reduce((sum, of) => sum + of, 0);
  if (total === 0) return 0;
  // Ranks from the least popular, which is the last.
  const weighted = ranked.reduce((sum, of, i) => sum + (n - i) * of, 0);
  return (2 * weighted) / (n * total) - (n + 1) / n;
}
