/**
 * The time that a deep ranking may take on this device. One that is too slow to be felt as a reaction is worth less than
 * the linear order at once.
 */
import type { DeepSession } from "../ort.ts";

/** Beyond a tenth of a second people wait, instead of seeing their action answered (Nielsen 1993, §5.5). */
export const BUDGET_MS = 100;
/** The first runs are those of a compiler that has just begun. */
const WARM_UP_RUNS = 2;
/** Runs whose median counts: a few slow ones are what else the device was doing just then. */
const RUNS = 9;

export interface TimeBudgetOptions {
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  /** Called once, with the median of the runs. */
  readonly tooSlow: (ms: number) => void;
}

/** The same session, watched. Runs that wait for another one are not slow: only the run itself counts. */
export function withinBudget(session: DeepSession, { clock, tooSlow }: TimeBudgetOptions): DeepSession {
  const taken: number[] = [];
  let runs = 0;
  let last: Promise<unknown> = Promise.resolve();
  let judged = false;

  function judge(ms: number): void {
    if (++runs <= WARM_UP_RUNS || judged) return;
    taken.push(ms);
    if (taken.length > RUNS) taken.shift();
    if (taken.length < RUNS) return;
    const median = taken.toSorted((a, b) => a - b)[RUNS >> 1]!;
    if (median <= BUDGET_MS) return;
    judged = true;
    tooSlow(median);
  }

  return {
    ...session,
    score(...inputs) {
      const run = last.then(async () => {
        const startedAt = clock();
        const logits = await session.score(...inputs);
        judge(clock() - startedAt);
        return logits;
      });
      last = run.catch(() => {});
      return run;
    },
  };
}
