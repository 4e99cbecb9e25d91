/**
 * What a log looks like as the doings of people: sessions, clocks that are wrong, and people who are probably machines. It
 * reports and changes nothing; rows that cannot be used are `bad-rows.ts`.
 */
import type { Dataset } from "./dataset.ts";

export interface LogProfile {
  /** Null for a log without times. */
  readonly sessions: {
    readonly count: number;
    /** Of one session; half of them have no more. */
    readonly medianEvents: number;
    readonly medianMinutes: number;
  } | null;
  /** Of the first and the last event, epoch ms; null for a log without times. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** Events of the future: the clocks that wrote them are wrong. */
  readonly future: number;
  /** People who do more, or do it more evenly, than people can. */
  readonly machines: {
    readonly people: number;
    readonly events: number;
    /** Some of their ids. */
    readonly examples: readonly string[];
  };
}

const MINUTE_MS = 60_000;

/** Half an hour without an event ends a session, as in web analytics. */
const SESSION_GAP_MS = 30 * MINUTE_MS;

/** Clocks may run ahead by so much before it is worth a word. */
const AHEAD_MS = 60 * MINUTE_MS;

/** Nobody looks at a thing every three seconds for an hour; ratings of a whole page share a time, so times count, not events. */
const BUSY_TIMES = 1_200;
const BUSY_MS = 60 * MINUTE_MS;

/** So many gaps, of which so large a part is one and the same to the millisecond, are a timer's. */
const EVEN_GAPS = 100;
const EVEN_SHARE = 0.9;
/** Times in whole seconds have equal gaps by chance. */
const COARSE_MS = 1_000;

const EXAMPLES = 3;

/** @param now epoch ms */
export function profileLog({ events, users, timed }: Dataset, now: number): LogProfile {
  const { start, at } = events;
  if (!timed) return { sessions: null, span: null, future: 0, machines: { people: 0, events: 0, examples: [] } };
  const [counts, minutes]: [number[], number[]] = [[], []];
  const machines: number[] = [];
  let [future, from, to] = [0, Infinity, -Infinity];
  for (let user = 0; user < users.length; user++) {
    const [first, end] = [start[user], start[user + 1]];
    if (first === end) continue;
    let begun = first;
    for (let e = first; e < end; e++) {
      from = Math.min(from, at[e]);
      to = Math.max(to, at[e]);
      if (at[e] > now + AHEAD_MS) future++;
      if (e + 1 < end && at[e + 1] - at[e] <= SESSION_GAP_MS) continue;
      counts.push(e + 1 - begun);
      minutes.push((at[e] - at[begun]) / MINUTE_MS);
      begun = e + 1;
    }
    if (isMachine(at.subarray(first, end))) machines.push(user);
  }
  return {
    sessions: { count: counts.length, medianEvents: lowerMedian(counts), medianMinutes: lowerMedian(minutes) },
    span: { from, to },
    future,
    machines: {
      people: machines.length,
      events: machines.reduce((sum, user) => sum + start[user + 1] - start[user], 0),
      examples: machines.slice(0, EXAMPLES).map((user) => users[user]),
    },
  };
}

/** @param at times of one person's events, rising */
function isMachine(at: Float64Array): boolean {
  const times = at.filter((time, e) => e === 0 || time !== at[e - 1]);
  for (let e = BUSY_TIMES - 1; e < times.length; e++) {
    if (times[e] - times[e - BUSY_TIMES + 1] <= BUSY_MS) return true;
  }
  const gaps = new Map<number, number>();
  for (let e = 1; e < times.length; e++) {
    const gap = times[e] - times[e - 1];
    gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
  }
  const isFine = times.some((time) => time % COARSE_MS !== 0);
  const most = Math.max(0, ...gaps.values());
  return isFine && times.length > EVEN_GAPS && most >= EVEN_SHARE * (times.length - 1);
}

/** The middle one, or the lower of both: half of the sessions have no more. */
function lowerMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
