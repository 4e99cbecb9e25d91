/** `nearfeed activate`: points a channel at a release that was published before. */
import { releaseIdParser } from "../../shared/release.ts";
import { activateRelease } from "../publish/edge-client.ts";
import { parsedArgument } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";

export const activate: Command = {
  summary: "point a channel at a published release",
  usage: "activate <release id> [--edge URL] [--channel NAME]",
  options: EDGE_OPTIONS,
  notes: [SECRET_NOTE],
  positionals: [1, 1],
  run: async (input) => {
    const release = parsedArgument(input.positionals[0], "release id", releaseIdParser);
    const { client, channel } = edgeOf(input);
    const active = await activateRelease(client, release, channel);
    input.terminal.say(`release ${release} is active on channel ${channel} (sequence ${active.sequence})`);
    return { release, channel: active };
  },
};
