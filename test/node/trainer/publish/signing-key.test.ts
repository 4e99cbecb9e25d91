import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { activate, type Channel, type ChannelAction } from "../../../../shared/channel.ts";
import { parsePublicKey, signatureBytes, signedBytes } from "../../../../shared/signing.ts";
import { changeChannel } from "../../../../trainer/publish/change-channel.ts";
import type { EdgeClient } from "../../../../trainer/publish/edge-client.ts";
import { makeSigningKey, openSigningKey } from "../../../../trainer/publish/signing-key.ts";
import { text } from "../../../harness/small-release.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = 1_760_000_000_000;
const [a, b] = ["a".repeat(32), "b".repeat(32)];

function isGood(value: Channel, publicKey: string): boolean {
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(parsePublicKey(publicKey, "key")).toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return verify(null, signedBytes(value, text), key, signatureBytes(value.signed!));
}

test("a key is written for its owner only, reads back as itself, and is never overwritten", async () => {
  const path = join(folder, "one.pem");
  const made = await makeSigningKey(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  const opened = await openSigningKey(path);
  expect([opened.keyId, opened.publicKey]).toEqual([made.keyId, made.publicKey]);
  const before = readFileSync(path);
  await expect(makeSigningKey(path)).rejects.toMatchObject({ code: "bad_argument", path });
  expect(readFileSync(path)).toEqual(before);
});

test("what it signs is good for its public key, and no longer once a field has changed", async () => {
  const signer = await makeSigningKey(join(folder, "two.pem"));
  const channel = signer.sign(activate(null, "stable", a!, NOW));
  expect(channel.signed.key).toBe(signer.keyId);
  expect(isGood(channel, signer.publicKey)).toBe(true);
  expect(isGood({ ...channel, sequence: 2 }, signer.publicKey)).toBe(false);
  expect(signer.sign(channel)).toEqual(channel);
});

test("what is no Ed25519 private key is refused by name", async () => {
  await expect(openSigningKey(join(folder, "none"))).rejects.toMatchObject({ code: "file_not_found" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  for (const [name, content] of [
    ["text", "no key"],
    ["rsa", rsa],
    ["empty", ""],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, content);
    chmodSync(path, 0o600);
    await expect(openSigningKey(path)).rejects.toMatchObject({ code: "bad_file", path });
  }
});

test("a change of a channel is signed as the channel will be, and a signed channel never becomes an unsigned one", async () => {
  const signer = await makeSigningKey(join(folder, "three.pem"));
  let current: Channel | undefined = activate(null, "stable", a!, NOW);
  const actions: ChannelAction[] = [];
  // Only what a change of a channel asks of an edge.
  const client = {
    channel: async () => current,
    async change(_: string, action: ChannelAction) {
      actions.push(action);
      return (current = action.channel!);
    },
  } as unknown as EdgeClient;
  const options = { signer, now: () => NOW };
  await changeChannel(client, "stable", { action: "activate", release: b! }, options);
  await changeChannel(client, "stable", { action: "rollback" }, options);
  expect(actions.map(({ channel }) => [channel?.release, channel?.previous, channel?.sequence])).toEqual([
    [b, a, 2],
    [a, b, 3],
  ]);
  expect(actions.every(({ channel }) => isGood(channel!, signer.publicKey))).toBe(true);
  await expect(changeChannel(client, "stable", { action: "rollback" })).rejects.toMatchObject({
    code: "bad_argument",
    path: "--sign-key",
  });
  expect(actions).toHaveLength(2);
});
