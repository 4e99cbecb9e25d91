/** `nearfeed rollback`: points a channel back at the release before. One command, because it is needed in a hurry. */
import { NearfeedError } from "../../shared/errors.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";

export const rollback: Command = {
  summary: "point a channel back at its previous release",
  usage: "rollback [--edge URL] [--channel NAME]",
  options: EDGE_OPTIONS,
  notes: [SECRET_NOTE, "A second rollback comes back to where the first one started."],
  positionals: [0, 0],
  run: async (input) => {
    const { client, channel, edge } = edgeOf(input);
    const now = await client.channel(channel);
    if (!now) throw new NearfeedError("edge_failed", `${edge} has no channel ${channel}`, { path: "--channel" });
    const active = await client.change(channel, { action: "rollback", expect: now.sequence });
    input.terminal.say(`release ${active.release} is active on channel ${channel} (sequence ${active.sequence})`);
    return { release: active.release, channel: active };
  },
};
