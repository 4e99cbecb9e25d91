/** `nearfeed keygen`: makes the key that signs releases and channels. */
import { makeSigningKey } from "../publish/signing-key.ts";
import type { Command } from "./command.ts";

export const keygen: Command = {
  summary: "make a key that signs releases",
  usage: "keygen <file>",
  options: {},
  notes: [
    "Writes the private key to the file, readable by its owner only, and prints the public key, which apps pass to createRecommender as verifyKey. Sign with --sign-key FILE of publish, activate, canary and rollback.",
    "Keep a copy in a safe place: devices that check signatures take nothing signed by another key.",
  ],
  positionals: [1, 1],
  run: async ({ positionals, terminal }) => {
    const [path] = positionals;
    const { keyId, publicKey } = await makeSigningKey(path);
    terminal.say(`key ${keyId} is in ${path}`);
    terminal.say(`verifyKey: "${publicKey}"`);
    return { file: path, keyId, publicKey };
  },
};
