/** `nearfeed rollback`: points a channel back at the release before. One command, because it is needed in a hurry. */
import { changeChannel } from "../publish/change-channel.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";

export const rollback: Command = {
  summary: "point a channel back at its previous release",
  usage: "rollback [--edge URL] [--channel NAME] [--sign-key FILE]",
  options: { ...EDGE_OPTIONS, ...SIGN_OPTIONS },
  notes: [SECRET_NOTE, "A second rollback comes back to where the first one started."],
  positionals: [0, 0],
  run: async (input) => {
    const { client, channel } = edgeOf(input);
    const signer = await signerIn(input);
    const active = await changeChannel(client, channel, { action: "rollback" }, { signer });
    input.terminal.say(`release ${active.release} is active on channel ${channel} (sequence ${active.sequence})`);
    return { release: active.release, channel: active };
  },
};
