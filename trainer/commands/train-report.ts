/** What `nearfeed train` does for the report: gathers its figures, and writes it beside the release. */
import { gatherFigures, type ReportInput } from "../report/gather.ts";
import { renderReport } from "../report/render.ts";
import { writeReportFile } from "../release/report-file.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";

/** @returns the path of the report */
export async function reportOn(
  input: Omit<ReportInput, "now" | "onList">,
  folder: string,
  terminal: Terminal,
): Promise<string> {
  const progress = terminal.start("report");
  let lists = 0;
  const figures = await gatherFigures({
    ...input,
    now: () => performance.now(),
    onList(done, total) {
      lists = total;
      progress.update(done, total);
    },
  });
  input.signal?.throwIfAborted();
  const path = await writeReportFile(folder, renderReport(figures));
  progress.done(lists > 0 ? `${formatCount(lists)} lists` : undefined);
  terminal.say(`report ${path}`);
  return path;
}
