/** `nearfeed canary`: ends a canary, either way. `nearfeed activate --canary` starts one. */
import { oneOf } from "../../shared/parse.ts";
import { changeChannel } from "../publish/change-channel.ts";
import { parsedArgument } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";

export const canary: Command = {
  summary: "make a channel's canary its active release, or take it back",
  usage: "canary promote|cancel [--edge URL] [--channel NAME] [--sign-key FILE]",
  options: { ...EDGE_OPTIONS, ...SIGN_OPTIONS },
  notes: [
    "promote makes the canary the active release; what was active is what nearfeed rollback goes back to. cancel ends it: its devices go back to the active release.",
    "A canary is started with nearfeed activate RELEASE --canary PERCENT.",
    SECRET_NOTE,
  ],
  positionals: [1, 1],
  run: async (input) => {
    const action = parsedArgument(input.positionals[0], "the argument", oneOf(["promote", "cancel"]));
    const { client, channel } = edgeOf(input);
    const signer = await signerIn(input);
    const changed = await changeChannel(client, channel, { action }, { signer });
    input.terminal.say(
      `release ${changed.release} is active on channel ${channel}, without a canary (sequence ${changed.sequence})`,
    );
    return { release: changed.release, channel: changed };
  },
};
