/** Where time went: the stages of training one by one, and what a list costs. On the machine and load of that day. */
import { median } from "./data-profile.ts";
import type { ScoredList } from "./scored-lists.ts";

export interface StageTime {
  readonly stage: string;
  readonly seconds: number;
}

/** Milliseconds, median and the slowest twentieth's bound. */
export interface Quantiles {
  readonly stage: "linear score" | "deep score" | "selection";
  readonly p50: number;
  readonly p95: number;
}

export interface ListTimes {
  /** Items that a list is ranked from. */
  readonly items: number;
  readonly stages: readonly Quantiles[];
}

export interface StageClock {
  /** Something of a stage is done: the time since the last call was spent on it. Stages may come again. */
  did(stage: string): void;
  /** In the order in which they came first. */
  times(): readonly StageTime[];
}

/** @param now a clock, in milliseconds; it runs from here on */
export function createStageClock(now: () => number): StageClock {
  const ms = new Map<string, number>();
  let last = now();
  return {
    did(stage) {
      const at = now();
      ms.set(stage, (ms.get(stage) ?? 0) + at - last);
      last = at;
    },
    times: () => Array.from(ms, ([stage, spent]) => ({ stage, seconds: spent / 1_000 })),
  };
}

/** The first lists pay for compiling what they call. */
const WARM_UP = 5;

export interface TimesGatherer {
  add(list: ScoredList): void;
  figures(items: number): ListTimes;
}

export function gatherTimes(): TimesGatherer {
  const linear: number[] = [];
  const deep: number[] = [];
  const select: number[] = [];
  let lists = 0;
  return {
    add({ ms }) {
      if (lists++ < WARM_UP) return;
      linear.push(ms.linear);
      if (ms.deep !== undefined) deep.push(ms.deep);
      select.push(ms.select);
    },
    figures: (items) => ({
      items,
      stages: [
        ...quantiles("linear score", linear),
        ...quantiles("deep score", deep),
        ...quantiles("selection", select),
      ],
    }),
  };
}

function quantiles(stage: Quantiles["stage"], values: readonly number[]): Quantiles[] {
  if (values.length === 0) return [];
  const sorted = values.toSorted((a, b) => a - b);
  return [{ stage, p50: median(sorted), p95: sorted[Math.ceil(0.95 * sorted.length) - 1] }];
}
