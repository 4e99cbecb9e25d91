/** `nearfeed activate`: points a channel at a release that was published before. */
import { releaseIdParser } from "../../shared/release.ts";
import { changeChannel } from "../publish/change-channel.ts";
import { parsedArgument } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";

export const activate: Command = {
  summary: "point a channel at a published release",
  usage: "activate <release id> [--edge URL] [--channel NAME] [--sign-key FILE]",
  options: { ...EDGE_OPTIONS, ...SIGN_OPTIONS },
  notes: [SECRET_NOTE],
  positionals: [1, 1],
  run: async (input) => {
    const release = parsedArgument(input.positionals[0], "release id", releaseIdParser);
    const { client, channel } = edgeOf(input);
    const signer = await signerIn(input);
    const active = await changeChannel(client, channel, { action: "activate", release }, { signer });
    input.terminal.say(`release ${release} is active on channel ${channel} (sequence ${active.sequence})`);
    return { release, channel: active };
  },
};
