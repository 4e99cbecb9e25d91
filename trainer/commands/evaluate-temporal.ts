/** What `nearfeed evaluate` does for the protocol `temporal`: exposures scored, and the table of them. */
import { type ReleaseExposures, scoreByRelease } from "../evaluate/score-by-release.ts";
import { formatTemporal, temporalTable, type TemporalTable } from "../evaluate/temporal-table.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";

export type TemporalCommand = Omit<ReleaseExposures, "onPerson">;

export async function evaluateTemporal(terminal: Terminal, options: TemporalCommand): Promise<TemporalTable> {
  const progress = terminal.start("exposures");
  const onPerson = (done: number, total: number) => progress.update(done, total);
  const scores = await scoreByRelease({ ...options, onPerson });
  progress.done(`${formatCount(scores.event.length)} of ${formatCount(scores.people)} people`);
  const table = temporalTable(scores, options.seed);
  for (const line of formatTemporal(table)) terminal.say(line);
  return table;
}
