/** What `nearfeed evaluate` does for the protocol `temporal`: exposures scored, and the table of them. */
import { openDeepSession } from "../evaluate/deep-scorer.ts";
import type { EvaluationOptions } from "../evaluate/protocols.ts";
import { scoreExposures, type TemporalOptions, type TemporalScores } from "../evaluate/temporal.ts";
import { formatTemporal, temporalTable, type TemporalTable } from "../evaluate/temporal-table.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";

export type TemporalCommand = Omit<TemporalOptions, "deep" | "onPerson"> & Pick<EvaluationOptions, "graphs">;

export async function evaluateTemporal(terminal: Terminal, options: TemporalCommand): Promise<TemporalTable> {
  const progress = terminal.start("exposures");
  const scores = await scoreByRelease(options, (done, total) => progress.update(done, total));
  progress.done(`${formatCount(scores.event.length)} of ${formatCount(scores.people)} people`);
  const table = temporalTable(scores, options.seed);
  for (const line of formatTemporal(table)) terminal.say(line);
  return table;
}

/** Scores by all that the release has. */
export async function scoreByRelease(
  { graphs, ...options }: TemporalCommand,
  onPerson?: (done: number, total: number) => void,
): Promise<TemporalScores> {
  if (graphs === undefined) return scoreExposures({ ...options, onPerson });
  const deep = await openDeepSession(graphs, options.model);
  try {
    return await scoreExposures({ ...options, deep, onPerson });
  } finally {
    await deep.release();
  }
}
