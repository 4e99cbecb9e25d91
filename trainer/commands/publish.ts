/** `nearfeed publish`: uploads a release folder and makes a channel point at it. */
import { changeChannel } from "../publish/change-channel.ts";
import { uploadRelease } from "../publish/publish-release.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { Command } from "./command.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";

export const publish: Command = {
  summary: "upload a release to an edge and activate it",
  usage: "publish <folder> [--edge URL] [--channel NAME] [--sign-key FILE] [--no-activate]",
  options: { ...EDGE_OPTIONS, ...SIGN_OPTIONS, "no-activate": { type: "boolean", help: "upload only" } },
  notes: [
    SECRET_NOTE,
    "Files that the edge has are not sent again. A publish that is cut off leaves the active release as it was.",
  ],
  positionals: [1, 1],
  run: async (input) => {
    const { positionals, values, terminal, signal } = input;
    const { client, channel, edge } = edgeOf(input);
    const signer = await signerIn(input);
    const progress = terminal.start("upload");
    const { release, sentBytes, totalBytes } = await uploadRelease(client, positionals[0], {
      onBytes: (done, total) => progress.update(done, total),
      onItems: (done, total) => progress.update(done, total),
      signer,
      signal,
    });
    progress.done(`${formatCount(sentBytes)} of ${formatCount(totalBytes)} bytes sent`);
    signal.throwIfAborted();
    if (values["no-activate"] === true) {
      terminal.say(`release ${release.id} is on ${edge}, not active`);
      return { release: release.id, sentBytes, totalBytes };
    }
    const active = await changeChannel(client, channel, { action: "activate", release: release.id }, { signer });
    terminal.say(`release ${release.id} is active on channel ${channel} (sequence ${active.sequence})`);
    return { release: release.id, sentBytes, totalBytes, channel: active };
  },
};
