/**
 * How long training takes. iALS: 64 dimensions, 16 sweeps, on the public data of NEARFEED_DATA (default ../shared/data), and
 * how good the lists of its vectors are beside those of the exact solve. With NEARFEED_IMPLICIT, a Python that has the
 * package `implicit`, its two solvers on the same matrix, in the same run. Then all of a deep release of ml-1m, unless `--quick`.
 */
import type { IalsOptions } from "../trainer/items/ials.ts";
import { fitIals } from "../trainer/items/ials.ts";
import { DEFAULT_FOLD_IN } from "../trainer/items/fit-items.ts";
import { timedRow } from "./harness/timings.ts";
import type { Row, SuiteOptions } from "./schema.ts";
import { foldInNdcg } from "./train/fold-in-quality.ts";
import { runImplicit } from "./train/implicit.ts";
import { DATA_NAMES, type DataName, type Matrices, readMatrices } from "./train/matrices.ts";
import { wholeTraining } from "./train/whole-training.ts";

const DIM = 64;
const SWEEPS = 16;
/** What the targets are set for. */
const THREADS = 2;
const SAMPLES = 7;
const QUICK_SAMPLES = 2;
/** People whose lists are looked at: enough to tell a hundredth of NDCG. */
const PEOPLE = 3_000;
const QUICK_PEOPLE = 300;
/** Half the width of a 95 % interval, in standard errors. */
const Z = 1.96;

export async function* run(options: SuiteOptions): AsyncIterable<Row> {
  let isEmpty = true;
  for (const name of DATA_NAMES) {
    const matrices = await readMatrices(name);
    if (!matrices) continue;
    isEmpty = false;
    yield* ialsRows(name, matrices, options);
  }
  if (!options.quick) yield* wholeTraining(options.seed);
  if (isEmpty) yield { id: "ials-skipped", unit: "data sets", value: DATA_NAMES.length, note: "not on this machine" };
}

async function* ialsRows(name: DataName, matrices: Matrices, { quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const { whole, training, held } = matrices;
  const id = `ials-${name}`;
  const fit = { ...DEFAULT_FOLD_IN, dim: DIM, sweeps: SWEEPS, seed, threads: THREADS } satisfies IalsOptions;
  const note = `${SWEEPS} sweeps, d = ${DIM}, ${whole.column.length} entries`;
  const samples = quick ? QUICK_SAMPLES : SAMPLES;
  const timed = async (variant: string | undefined, count: number, extra: Partial<IalsOptions>): Promise<Row> =>
    timedRow(
      { id, unit: "s", seed, note, ...(variant && { variant }) },
      await secondsOf(count, () => fitIals(whole, { ...fit, ...extra })),
    );
  // Compiles the kernel, and lets the machine's clock settle.
  await fitIals(whole, { ...fit, sweeps: 1 });
  yield await timed(undefined, samples, {});
  yield await timed("one-thread", samples, { threads: 1 });
  for (const [solver, seconds] of await runImplicit(whole, { dim: DIM, sweeps: SWEEPS, threads: THREADS, samples })) {
    yield timedRow({ id, unit: "s", variant: `implicit-${solver}`, note }, seconds);
  }
  // The twin takes minutes: once, and never where only the suite itself is tried.
  if (quick) return;
  yield await timed("exact-typescript", 1, { exact: true });

  const every = Math.max(1, Math.floor(training.rows / (quick ? QUICK_PEOPLE : PEOPLE)));
  const ndcg = async (extra: Partial<IalsOptions>) => {
    const { items } = await fitIals(training, { ...fit, ...extra });
    return foldInNdcg(training, held, items, DIM, fit, every);
  };
  const fast = await ndcg({});
  const exact = await ndcg({ exact: true });
  const people = `${fast.length} people folded in, validation`;
  yield { id: `${id}-ndcg20`, unit: "NDCG@20", ...intervalOf(fast), seed, note: people };
  yield { id: `${id}-ndcg20`, unit: "NDCG@20", ...intervalOf(exact), seed, variant: "exact-typescript" };
  const difference = fast.map((value, person) => value - exact[person]!);
  yield { id: `${id}-ndcg20-over-exact`, unit: "NDCG@20", ...intervalOf(difference), seed, note: "paired" };
}

async function secondsOf(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await work();
    seconds.push((performance.now() - startedAt) / 1_000);
  }
  return seconds;
}

/** Mean and 95 % interval. */
function intervalOf(values: Float64Array): { value: number; low: number; high: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const half = Z * Math.sqrt(variance / values.length);
  return { value: rounded(mean), low: rounded(mean - half), high: rounded(mean + half) };
}

/** Five digits: differences of two solvers are smaller than what papers print. */
function rounded(value: number): number {
  return Number(value.toFixed(5));
}
