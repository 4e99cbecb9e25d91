/** What it costs: seconds of training, milliseconds a list, bytes to fetch. */
import type { ReportFigures } from "../figures.ts";
import { formatSeconds } from "../../terminal/terminal.ts";
import { bytes, count, milliseconds } from "../numbers.ts";
import { dataTable, figure, figures, type Section } from "../page.ts";
import { barPlot } from "../plots/rows.ts";

/** What the files of a release are for. */
const ROLES: Readonly<Record<string, string>> = {
  pools: "pools (edge)",
  rows: "row blocks (edge)",
  content: "content map (edge)",
  spaceMap: "space map",
};

export function costSection({ stages, files, lists }: ReportFigures): Section {
  const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const all = files.reduce((sum, file) => sum + file.bytes, 0);
  const bySize = files.toSorted((a, b) => b.bytes - a.bytes);
  return {
    id: "cost",
    title: "Time and bytes",
    lead: `From the log to the release it took ${formatSeconds(1_000 * seconds)}; the files have ${bytes(all)}. Times are of the machine that trained, with whatever else it did.`,
    content: [
      figures(
        stages.length > 0 &&
          figure(
            "Training, stage by stage",
            barPlot(
              "stage",
              "time",
              stages.map(({ stage, seconds: of }) => ({ name: stage, value: of, text: formatSeconds(1_000 * of) })),
            ),
            "In the order in which the stages began. Reading the log and measuring are among them.",
          ),
        figure(
          "Bytes by file",
          barPlot(
            "file",
            "size",
            bySize.map(({ role, bytes: of }) => ({ name: ROLES[role] ?? role, value: of, text: bytes(of) })),
          ),
          "Before any compression on the way. A device fetches what its way of retrieving needs; files marked edge stay there.",
          dataTable(
            ["file", "bytes"],
            bySize.map(({ role, bytes: of }) => [ROLES[role] ?? role, count(of)]),
          ),
        ),
      ),
      lists &&
        figure(
          "A list, milliseconds",
          dataTable(
            ["stage", "median", "95 of 100 within"],
            lists.times.stages.map(({ stage, p50, p95 }) => [stage, milliseconds(p50), milliseconds(p95)]),
          ),
          `Of ${count(lists.times.items)} items, in Node on one thread: plain TypeScript for the linear score, the runtime of browsers for the deep one. Devices scan by a SIMD kernel.`,
        ),
    ],
  };
}
