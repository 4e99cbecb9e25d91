/**
 * What `nearfeed evaluate` does for the protocols that change what a list knows: `adaptivity` and `freshness`. They measure a
 * release's floors against themselves; of rivals, popularity and chance say what a list is worth that knows nobody.
 */
import { adaptivity, type AdaptivityRow, SPLICED } from "../evaluate/adaptivity.ts";
import type { Estimate } from "../evaluate/bootstrap.ts";
import { deepScorer, openDeepSession } from "../evaluate/deep-scorer.ts";
import { type FreshnessFloor, freshnessOnThreads } from "../evaluate/freshness-job.ts";
import type { FreshnessRow } from "../evaluate/freshness.ts";
import type { EvaluationOptions } from "../evaluate/protocols.ts";
import type { Scorer } from "../evaluate/replay.ts";
import { createScorers, PLAINEST } from "../evaluate/scorers.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";

/** What is measured, and on what. */
export type ChangeOptions = Pick<
  EvaluationOptions,
  "dataset" | "signals" | "assembly" | "model" | "ranges" | "graphs" | "seed" | "signal"
>;

/** People of `adaptivity`: enough for an interval of ± .03. */
export const ADAPTIVITY_PEOPLE = 1_000;

/** @returns a row for each floor, and for the plainest rivals */
export async function evaluateAdaptivity(
  terminal: Terminal,
  options: ChangeOptions,
): Promise<Record<string, AdaptivityRow>> {
  const progress = terminal.start("adaptivity");
  const rows = await withFloors(options, (scorers) =>
    adaptivity({
      ...options,
      scorers,
      people: ADAPTIVITY_PEOPLE,
      onPerson: (done, total) => progress.update(done, total),
    }),
  );
  progress.done(`${formatCount(Object.values(rows)[0]?.people ?? 0)} people`);
  const width = Math.max(...Object.keys(rows).map((name) => name.length), "floor".length);
  const cell = (text: string) => text.padStart(19);
  const number = (text: string) => text.padStart(9);
  const titles = [...SPLICED.map((k) => `a(${k})`), "retention"].map(cell);
  const last = `NDCG(${SPLICED.at(-1)})`;
  terminal.say(`  ${"floor".padEnd(width)}${titles.join("")}${number(last)}${number("own")}`);
  for (const [name, { adapted, retention, undisturbed }] of Object.entries(rows)) {
    const cells = [...adapted.map(({ ratio }) => ratio), retention].map(formatEstimate).map(cell);
    const ndcg = [adapted.at(-1)!.spliced, undisturbed].map((value) => number(value.toFixed(4)));
    terminal.say(`  ${name.padEnd(width)}${cells.join("")}${ndcg.join("")}`);
  }
  return rows;
}

/**
 * @param utcOffsetMinutes where midnight is
 * @returns the rows of each floor, and of the plainest rivals
 */
export async function evaluateFreshness(
  terminal: Terminal,
  options: ChangeOptions & { readonly utcOffsetMinutes: number },
): Promise<Record<string, readonly FreshnessRow[]>> {
  const progress = terminal.start("freshness");
  const targets = options.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  // Threads make a table of their own, which holds functions.
  const {
    assembly: { table: _, ...assembly },
    seed,
    signal,
    ...about
  } = options;
  const hooks = { signal, onTarget: (done: number) => progress.update(done, targets) };
  const tables: Record<string, readonly FreshnessRow[]> = {};
  const floors: readonly FreshnessFloor[] = [...(options.graphs ? (["deep"] as const) : []), "linear", ...PLAINEST];
  for (const floor of floors) {
    tables[floor] = await freshnessOnThreads({ ...about, assembly, floor, seed }, hooks);
  }
  progress.done();
  for (const [name, rows] of Object.entries(tables)) {
    terminal.say(`  ${name}, history known up to`);
    for (const { delay, ndcg, all, changed, targets: of, changedTargets } of rows) {
      const gain =
        changed === null ? "" : `, where it changes something ${formatEstimate(changed)} (${changedTargets})`;
      terminal.say(`    ${delay.padEnd(16)} NDCG@10 ${ndcg.toFixed(4)}  F ${formatEstimate(all)} (${of})${gain}`);
    }
  }
  return tables;
}

/** Calls back with the scorers of the floors that a release has and of the plainest rivals, and closes the deep one behind it. */
export async function withFloors<T>(
  { assembly, model, graphs, seed }: ChangeOptions,
  measure: (scorers: Readonly<Record<string, Scorer>>) => Promise<T>,
): Promise<T> {
  const session = graphs && (await openDeepSession(graphs, model));
  const deep = session && deepScorer(assembly, model, session);
  try {
    return await measure(createScorers(["deep", "linear", ...PLAINEST], { assembly, model, seed, deep }));
  } finally {
    await session?.release();
  }
}

function formatEstimate({ mean, low, high }: Estimate): string {
  // Where nobody finds anything there is nothing to divide by.
  return Number.isNaN(mean) ? "–" : `${mean.toFixed(3)} ${low.toFixed(2)}–${high.toFixed(2)}`;
}
