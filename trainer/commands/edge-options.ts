/** The options of every command that talks to an edge. The secret comes from the environment: flags show in `ps`. */
import { channelName, DEFAULT_CHANNEL } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { createEdgeClient, type EdgeClient } from "../publish/edge-client.ts";
import type { EdgeOptions } from "../publish/edge-connection.ts";
import { parsedArgument, textOption } from "./arguments.ts";
import type { CommandInput, Option } from "./command.ts";

/** Where `nearfeed dev` runs unless told otherwise. */
export const DEFAULT_EDGE = "http://127.0.0.1:8787";

/** For commands that no channel matters to. */
export const ADDRESS_OPTIONS: Readonly<Record<string, Option>> = {
  edge: { type: "string", value: "URL", help: `address of the edge (default $NEARFEED_EDGE or ${DEFAULT_EDGE})` },
};

export const EDGE_OPTIONS: Readonly<Record<string, Option>> = {
  ...ADDRESS_OPTIONS,
  channel: { type: "string", value: "NAME", help: `channel (default ${DEFAULT_CHANNEL})` },
};

export const SECRET_NOTE = "The publish secret is read from the environment variable NEARFEED_SECRET.";

/** The publisher's client and what it talks to. @throws NearfeedError as {@link addressOf} */
export function edgeOf(input: CommandInput): { client: EdgeClient; channel: string; edge: string } {
  const address = addressOf(input);
  const channel = parsedArgument(textOption(input.values, "channel") ?? DEFAULT_CHANNEL, "--channel", channelName);
  return { client: createEdgeClient(address), channel, edge: address.edge };
}

/** @throws NearfeedError `bad_argument` where the address is none or the secret is not set */
export function addressOf({ values, env, signal }: CommandInput): EdgeOptions {
  const edge = textOption(values, "edge") ?? env["NEARFEED_EDGE"] ?? DEFAULT_EDGE;
  if (!/^https?:$/.test(URL.parse(edge)?.protocol ?? "")) {
    throw new NearfeedError("bad_argument", `--edge must be an http(s) address, got "${edge}"`, { path: "--edge" });
  }
  const secret = env["NEARFEED_SECRET"];
  if (!secret) {
    throw new NearfeedError("bad_argument", "The environment variable NEARFEED_SECRET is not set", {
      hint: "Set it to the edge's publish secret (wrangler secret put PUBLISH_SECRET).",
    });
  }
  // Never shown: it is a secret even where it is wrong.
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new NearfeedError(
      "bad_argument",
      "The environment variable NEARFEED_SECRET holds spaces, line ends or characters beyond ASCII",
      {
        hint: "A publish secret is sent in a header, which cannot carry them.",
      },
    );
  }
  return { edge, secret, fetch, signal };
}
