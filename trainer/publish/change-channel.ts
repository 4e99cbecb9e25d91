/**
 * Changes where a channel points, or its rules. Signed, the channel after the change is made and signed here, because only the
 * publisher has the key; the edge compares it with its own and stores it.
 */
import { type Channel, type ChannelAction, nextChannel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Rule } from "../../shared/rules.ts";
import type { EdgeClient } from "./edge-client.ts";
import type { Signer } from "./signing-key.ts";

/** What is to be done. */
export type ChannelChange =
  | { readonly action: "activate"; readonly release: string }
  | { readonly action: "canary"; readonly release: string; readonly percent: number }
  | { readonly action: "rules"; readonly rules: Rule[] }
  | { readonly action: "rollback" | "promote" | "cancel" };

/**
 * @param channel its name
 * @param options.now epoch ms; the channel expires 30 days later
 * @throws NearfeedError `edge_failed` where another publisher was faster; `bad_argument` where a signed channel would
 * become an unsigned one, `no_previous` where there is nothing to roll back to, `no_canary` where there is none to end
 */
export async function changeChannel(
  client: EdgeClient,
  channel: string,
  change: ChannelChange,
  options: { readonly signer?: Signer; readonly now?: () => number } = {},
): Promise<Channel> {
  const { signer, now = Date.now } = options;
  const current = (await client.channel(channel)) ?? null;
  const action: ChannelAction = { ...change, expect: current?.sequence ?? 0 };
  if (signer) {
    return client.change(channel, { ...action, channel: signer.sign(nextChannel(current, channel, action, now())) });
  }
  checkSigner(current, signer);
  return client.change(channel, action);
}

/** @throws NearfeedError `bad_argument` where a signed channel would become an unsigned one */
export function checkSigner(current: Channel | null | undefined, signer: Signer | undefined): void {
  if (!current?.signed || signer) return;
  throw new NearfeedError("bad_argument", `Channel ${current.channel} is signed by the key ${current.signed.key}`, {
    path: "--sign-key",
    hint: "Name the key with --sign-key FILE: devices that check signatures refuse an unsigned channel.",
  });
}
