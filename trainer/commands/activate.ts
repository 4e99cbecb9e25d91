/** `nearfeed activate`: points a channel at a release that was published before, or some of its devices only. */
import { releaseIdParser } from "../../shared/release.ts";
import { changeChannel, type ChannelChange } from "../publish/change-channel.ts";
import { parsedArgument, percentOption } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";

export const activate: Command = {
  summary: "point a channel at a published release",
  usage: "activate <release id> [--canary PERCENT] [--edge URL] [--channel NAME] [--sign-key FILE]",
  options: {
    ...EDGE_OPTIONS,
    ...SIGN_OPTIONS,
    canary: { type: "string", value: "PERCENT", help: "only for so many of a hundred devices; the rest stay" },
  },
  notes: [
    "A canary is made the active release with nearfeed canary promote, and taken back with nearfeed canary cancel. Doing this again with another percentage changes how many devices take it.",
    SECRET_NOTE,
  ],
  positionals: [1, 1],
  run: async (input) => {
    const release = parsedArgument(input.positionals[0], "release id", releaseIdParser);
    const percent = percentOption(input.values, "canary");
    const { client, channel } = edgeOf(input);
    const signer = await signerIn(input);
    const change: ChannelChange =
      percent === undefined ? { action: "activate", release } : { action: "canary", release, percent };
    const changed = await changeChannel(client, channel, change, { signer });
    const what = percent === undefined ? "active" : `the canary of ${percent} % of the devices`;
    input.terminal.say(`release ${release} is ${what} on channel ${channel} (sequence ${changed.sequence})`);
    return { release, channel: changed };
  },
};
