/** `nearfeed releases`: the releases in a folder, and what a channel serves where an edge is named. */
import { existsSync } from "node:fs";
import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { listReleaseFolders } from "../release/release-folder.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { RELEASES_FOLDER } from "./train.ts";

export const releases: Command = {
  summary: "list releases",
  usage: "releases [folder] [--edge URL] [--channel NAME]",
  options: EDGE_OPTIONS,
  notes: [
    `The folder is ${RELEASES_FOLDER} unless one is named. With --edge, the active release, the canary and the previous release are marked. ${SECRET_NOTE}`,
  ],
  positionals: [0, 1],
  run: async (input) => {
    const { positionals, values, terminal, env } = input;
    const [parent = RELEASES_FOLDER] = positionals;
    if (positionals.length > 0 && !existsSync(parent)) {
      throw new NearfeedError("file_not_found", `There is no folder ${parent}`, { path: parent });
    }
    const asked = values["edge"] !== undefined || env["NEARFEED_EDGE"] !== undefined;
    const { client, channel: name } = asked ? edgeOf(input) : { client: undefined, channel: undefined };
    const channel = await client?.channel(name);
    const { found, damaged } = await listReleaseFolders(parent);
    for (const { error } of damaged) terminal.warn(`damaged: ${error.message}`);
    const rows = found.map(({ folder, release }) => ({
      release: release.id,
      folder,
      createdAt: new Date(release.createdAt).toISOString(),
      items: release.items,
      deep: release.heads !== null,
      state: stateOf(release.id, channel),
    }));
    for (const { release, createdAt, items, deep, state, folder } of rows) {
      terminal.say(
        `${release}  ${createdAt}  ${items} items  ${deep ? "deep" : "linear"}  ${state.padEnd(8)}  ${folder}`,
      );
    }
    if (rows.length === 0) terminal.say("no releases");
    return { releases: rows, damaged: damaged.map(({ folder }) => folder), ...(channel && { channel }) };
  },
};

function stateOf(release: string, channel: Channel | undefined): "active" | "canary" | "previous" | "" {
  if (release === channel?.release) return "active";
  if (release === channel?.canary?.release) return "canary";
  return release === channel?.previous ? "previous" : "";
}
