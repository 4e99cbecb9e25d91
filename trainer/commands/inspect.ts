/** `nearfeed inspect`: checks every byte of a release folder and says what is in it. */
import { releaseFiles } from "../../shared/release.ts";
import { openRelease } from "../release/open-release.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { Command } from "./command.ts";

export const inspect: Command = {
  summary: "check and describe a release folder",
  usage: "inspect <folder>",
  options: {},
  positionals: [1, 1],
  run: async ({ positionals, terminal }) => {
    const { release, assembly } = await openRelease(positionals[0]);
    const { index, neighbours } = assembly;
    const files = releaseFiles(release);
    const bytesPerItem = (release.files.index.bytes + release.files.neighbours.bytes) / release.items;
    terminal.say(`release ${release.id}, made ${new Date(release.createdAt).toISOString()}`);
    terminal.say(
      `  ${formatCount(release.items)} items, ${release.dim} dimensions, space ${release.space}, ${index.cellStart.length - 1} cells, ${neighbours.perItem} neighbours an item`,
    );
    terminal.say(
      `  ${index.dictionaries.categories.length} categories; index and neighbours ${bytesPerItem.toFixed(0)} bytes an item`,
    );
    terminal.say(`  ${release.heads ? `deep floor: heads ${release.heads.names.join(", ")}` : "linear floor only"}`);
    for (const { name, bytes, sha256 } of files)
      terminal.say(`  ${name.padEnd(38)} ${formatCount(bytes).padStart(12)} bytes  ${sha256}`);
    return { ...release, bytesPerItem, cells: index.cellStart.length - 1, neighboursPerItem: neighbours.perItem };
  },
};
