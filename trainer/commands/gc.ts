/** `nearfeed gc`: deletes what no channel serves any more from an edge's bucket. */
import { collectGarbage } from "../publish/collect-garbage.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { Command } from "./command.ts";
import { ADDRESS_OPTIONS, addressOf, SECRET_NOTE } from "./edge-options.ts";

export const gc: Command = {
  summary: "delete releases, files and vectors that no channel serves",
  usage: "gc [--dry-run] [--edge URL]",
  options: {
    ...ADDRESS_OPTIONS,
    "dry-run": { type: "boolean", help: "say what would be deleted, and delete nothing" },
  },
  notes: [
    "Kept are the active release, the one before it and the canary of every channel with their files and vectors, and everything that was stored within the last 24 hours. Cut off, it can be run again at any time, also beside a publish or a rollback.",
    SECRET_NOTE,
  ],
  positionals: [0, 0],
  run: async (input) => {
    const { terminal, values } = input;
    const dryRun = values["dry-run"] === true;
    const progress = terminal.start("gc");
    const report = await collectGarbage(addressOf(input), { dryRun });
    progress.done(`${formatCount(report.looked)} objects looked at`);
    for (const release of report.releases) terminal.say(`release ${release}`);
    for (const release of report.vectors) terminal.say(`vectors of ${release}`);
    const what = `${report.releases.length} releases and ${report.files.length} files of ${formatCount(report.bytes)} bytes`;
    terminal.say(dryRun ? `would delete ${what}` : `deleted ${what}`);
    return report;
  },
};
