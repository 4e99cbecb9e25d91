/** `nearfeed rules`: shows a channel's rules, or puts those of a file in their place. What a rule does is `shared/rules.ts`. */
import { NearfeedError } from "../../shared/errors.ts";
import { rulesParser } from "../../shared/rules.ts";
import { changeChannel } from "../publish/change-channel.ts";
import { readJsonFile } from "../read/json-file.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";

export const rules: Command = {
  summary: "show or replace what a channel pins, boosts and buries",
  usage: "rules [FILE] [--edge URL] [--channel NAME] [--sign-key FILE]",
  options: { ...EDGE_OPTIONS, ...SIGN_OPTIONS },
  notes: [
    SECRET_NOTE,
    'FILE is a JSON array: [{ "kind": "boost", "category": "Documentary", "deviations": 1, "until": 1800000000000 }]. An empty one takes all rules away.',
  ],
  positionals: [0, 1],
  run: async (input) => {
    const { client, channel } = edgeOf(input);
    const [file] = input.positionals;
    if (file === undefined) {
      const current = await client.channel(channel);
      if (!current) throw new NearfeedError("unknown_channel", `There is no channel ${channel}`, { path: "--channel" });
      const found = current.rules ?? [];
      for (const rule of found) input.terminal.say(JSON.stringify(rule));
      input.terminal.say(`${found.length} rules on channel ${channel} (sequence ${current.sequence})`);
      return { rules: found, channel: current };
    }
    const wanted = await readJsonFile(file, rulesParser);
    const signer = await signerIn(input);
    const changed = await changeChannel(client, channel, { action: "rules", rules: wanted }, { signer });
    input.terminal.say(`${wanted.length} rules on channel ${channel} (sequence ${changed.sequence})`);
    return { rules: wanted, channel: changed };
  },
};
