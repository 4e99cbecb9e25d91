/** The option of every command that changes what a channel points at: the key to sign with. */
import { openSigningKey, type Signer } from "../publish/signing-key.ts";
import { textOption } from "./arguments.ts";
import type { CommandInput, Option } from "./command.ts";

export const SIGN_OPTIONS: Readonly<Record<string, Option>> = {
  "sign-key": {
    type: "string",
    value: "FILE",
    help: "sign with this key of nearfeed keygen (default $NEARFEED_SIGN_KEY)",
  },
};

/** @throws NearfeedError where a key is named and cannot be used */
export async function signerIn({ values, env }: CommandInput): Promise<Signer | undefined> {
  const path = textOption(values, "sign-key") ?? env["NEARFEED_SIGN_KEY"];
  return path ? openSigningKey(path) : undefined;
}
