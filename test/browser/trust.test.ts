import { openDB } from "idb";
import { expect, test } from "vitest";
import { verifyInScript } from "../../client-sdk/ed25519.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { createRefusals } from "../../client-sdk/sync/refusals.ts";
import { verifyEd25519 } from "../../client-sdk/sync/verify.ts";
import { ed25519Url } from "../../client-sdk/urls.ts";
import { activate } from "../../shared/channel.ts";
import type { Manifest } from "../../shared/protocol.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { makeKey } from "../harness/signing.ts";
import type { TestKey } from "../harness/signing.ts";
import { freshNamespace, open, until } from "./open.ts";

const first = await syntheticRelease({ items: 200, seed: 1 });
const second = await syntheticRelease({ items: 240, seed: 2 });
const key = await makeKey();
const stranger = await makeKey();

function signing(by: TestKey): (manifest: Manifest) => Promise<Manifest> {
  return async ({ channel, release, tombstones }) => ({
    channel: await by.sign(channel),
    release: await by.sign(release),
    tombstones,
  });
}

/** A recommender that trusts `key`, with the first release in use. */
async function trusting(edge = testEdge(first), namespace = freshNamespace()) {
  edge.finish = signing(key);
  const opened = open(edge, { consent: "local", verifyKey: key.publicKey, namespace });
  expect((await opened.recommender.sync()).release).toBe(first.release.id);
  return { edge, ...opened };
}

test("what the key has signed is taken into use", async () => {
  const { edge, recommender, errors } = await trusting();
  edge.activate(second);
  expect(await recommender.sync()).toEqual({ status: "updated", release: second.release.id });
  expect(errors).toEqual([]);
});

const UNTRUSTED: [string, (manifest: Manifest) => Promise<Manifest>, string][] = [
  ["nothing is signed", async (manifest) => manifest, "channel.signed"],
  ["another key has signed", signing(stranger), "channel.signed"],
  [
    "only the channel is signed",
    async (manifest) => ({ ...manifest, channel: await key.sign(manifest.channel) }),
    "release.signed",
  ],
  [
    "the channel was changed after it was signed",
    async (manifest) => {
      const { channel, ...rest } = await signing(key)(manifest);
      return { ...rest, channel: { ...channel, sequence: channel.sequence + 1 } };
    },
    "channel.signed",
  ],
  [
    "a stranger's signature says it is by the key",
    async (manifest) => {
      const { channel, ...rest } = await signing(stranger)(manifest);
      return { ...rest, channel: { ...channel, signed: { ...channel.signed!, key: key.id } } };
    },
    "channel.signed",
  ],
  [
    "the signature is that of the release",
    async (manifest) => {
      const { channel, release, tombstones } = await signing(key)(manifest);
      return { channel: { ...channel, signed: release.signed! }, release, tombstones };
    },
    "channel.signed",
  ],
];

test.for(UNTRUSTED)("where %s the release is refused, and the one in use goes on", async ([, finish, path]) => {
  const { edge, recommender } = await trusting();
  edge.activate(second);
  edge.finish = finish;
  expect(await recommender.sync()).toMatchObject({
    status: "refused",
    release: first.release.id,
    error: { code: "bad_signature", path },
  });
  expect(await recommender.recommend({ surface: "home" })).toMatchObject({ status: "ready", floor: "linear" });
  edge.finish = signing(key);
  expect(await recommender.sync()).toMatchObject({ status: "updated", release: second.release.id });
});

test("a first visit takes nothing unsigned: its lists fail and say why", async () => {
  const { recommender } = open(testEdge(first), { consent: "local", verifyKey: key.publicKey });
  expect(await recommender.recommend({ surface: "home" })).toMatchObject({
    status: "failed",
    entries: [],
    error: { code: "bad_signature" },
  });
});

test("a release of another key that lies in the store is not taken into use", async () => {
  const namespace = freshNamespace();
  const { edge, recommender } = await trusting(undefined, namespace);
  await recommender.close();
  edge.stop();
  const same = open(edge, { consent: "local", verifyKey: key.publicKey, namespace });
  expect(await same.recommender.recommend({ surface: "home" })).toMatchObject({ status: "ready", floor: "linear" });
  await same.recommender.close();
  const other = open(edge, { consent: "local", verifyKey: stranger.publicKey, namespace });
  expect(await other.recommender.recommend({ surface: "home" })).toMatchObject({ status: "failed", offline: true });
});

test("a channel that was signed earlier is refused once a later one was seen, also after a reload", async () => {
  const namespace = freshNamespace();
  const { edge, recommender } = await trusting(undefined, namespace);
  const old = await edge.finish(await manifestOf(edge));
  edge.activate(second);
  await recommender.sync();
  edge.finish = () => old;
  const replayed = { status: "refused", release: second.release.id, error: { code: "replayed_channel" } };
  expect(await recommender.sync()).toMatchObject(replayed);
  await recommender.close();
  const again = open(edge, { consent: "local", verifyKey: key.publicKey, namespace });
  expect(await again.recommender.sync()).toMatchObject(replayed);
  const db = await openDB(databaseName(namespace));
  expect(await db.get("state", "sequences")).toEqual({ [`${key.id} stable`]: 2 });
  db.close();
});

test("without a store a later channel is remembered for the page's life", async () => {
  const edge = testEdge(first);
  edge.finish = signing(key);
  const { recommender } = open(edge, { consent: "denied", verifyKey: key.publicKey });
  await recommender.sync();
  const old = await edge.finish(await manifestOf(edge));
  edge.activate(second);
  await recommender.sync();
  edge.finish = () => old;
  expect(await recommender.sync()).toMatchObject({ error: { code: "replayed_channel" } });
});

test("a channel put together with another release, or with another name, is refused with and without a key", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  edge.finish = (manifest) => ({ ...manifest, release: second.release });
  expect(await recommender.sync()).toMatchObject({ error: { code: "bad_release", path: "release.id" } });
  edge.finish = (manifest) => ({ ...manifest, channel: { ...manifest.channel, channel: "beta" } });
  expect(await recommender.sync()).toMatchObject({ error: { code: "bad_release", path: "channel.channel" } });
});

test.for([null, key])(
  "an expired channel brings no other release, keeps the one in use and says so: key %#",
  async (by) => {
    const edge = testEdge(first);
    const sign = by ? signing(by) : (manifest: Manifest) => manifest;
    edge.finish = sign;
    const { recommender, errors } = open(edge, { consent: "local", ...(by && { verifyKey: by.publicKey }) });
    await recommender.sync();
    const expiresAt = Date.now() - 1;
    edge.finish = (manifest) => sign({ ...manifest, channel: { ...manifest.channel, expiresAt } });
    const error = { code: "expired_channel", path: "channel.expiresAt" };
    expect(await recommender.sync()).toMatchObject({ status: "unchanged", release: first.release.id, error });
    edge.activate(second);
    expect(await recommender.sync()).toMatchObject({ status: "refused", release: first.release.id, error });
    expect(errors).toMatchObject([error]);
    expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
    edge.finish = sign;
    expect(await recommender.sync()).toMatchObject({ status: "updated", release: second.release.id });
  },
);

test("a first visit takes an expired channel where no key was given, and refuses it where one was", async () => {
  const edge = testEdge(first);
  const expire = (manifest: Manifest) => ({ ...manifest, channel: { ...manifest.channel, expiresAt: 1 } });
  edge.finish = expire;
  const { recommender, errors } = open(edge, { consent: "local" });
  expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
  await until(() => errors.length > 0);
  expect(errors).toMatchObject([{ code: "expired_channel" }]);
  edge.finish = (manifest) => signing(key)(expire(manifest));
  const strict = open(edge, { consent: "local", verifyKey: key.publicKey });
  expect(await strict.recommender.recommend({ surface: "home" })).toMatchObject({
    status: "failed",
    error: { code: "expired_channel" },
  });
});

test("script and browser agree on signatures", async () => {
  const message = crypto.getRandomValues(new Uint8Array(1_000));
  const { publicKey, privateKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign"])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message));
  const changed = (bytes: Uint8Array<ArrayBuffer>, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  for (const [given, expected] of [
    [{ publicKey: raw, message, signature }, true],
    [{ publicKey: raw, message: changed(message, 999), signature }, false],
    [{ publicKey: raw, message, signature: changed(signature, 0) }, false],
    [{ publicKey: raw, message, signature: changed(signature, 63) }, false],
    [{ publicKey: stranger.raw, message, signature }, false],
  ] as const) {
    expect(verifyInScript(given.publicKey, given.message, given.signature)).toBe(expected);
    expect(await verifyEd25519(given, "/there/is/none.js")).toBe(expected);
  }
});

test("where the browser has no crypto.subtle the signature is checked in script, and where that is missing, refused", async () => {
  const message = new Uint8Array(100);
  const { publicKey, privateKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign"])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message));
  const { subtle } = crypto;
  Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  try {
    const given = { publicKey: raw, message, signature };
    expect(await verifyEd25519(given, ed25519Url())).toBe(true);
    expect(await verifyEd25519({ ...given, message: new Uint8Array(99) }, ed25519Url())).toBe(false);
    await expect(verifyEd25519(given, "/there/is/none.js")).rejects.toThrow();
  } finally {
    Reflect.deleteProperty(crypto, "subtle");
  }
  expect(crypto.subtle).toBe(subtle);
});

test("what was refused is left alone for a minute, then two, and not at all once the channel has moved", () => {
  let now = 0;
  const refusals = createRefusals(() => now);
  const channel = activate(null, "stable", "a".repeat(32), 0);
  const answer = { status: "refused", release: null } as const;
  expect(refusals.of(channel)).toBeUndefined();
  refusals.add(channel, answer);
  expect(refusals.of(channel)).toBe(answer);
  expect(refusals.of({ ...channel, sequence: 2 })).toBeUndefined();
  now = 60_000;
  expect(refusals.of(channel)).toBeUndefined();
  refusals.add(channel, answer);
  now = 60_000 + 119_999;
  expect(refusals.of(channel)).toBe(answer);
  now = 60_000 + 120_000;
  expect(refusals.of(channel)).toBeUndefined();
});

async function manifestOf(edge: ReturnType<typeof testEdge>): Promise<Manifest> {
  const { finish } = edge;
  edge.finish = (manifest) => manifest;
  const answer = await edge.fetch("http://edge.test/v1/manifest?channel=stable");
  edge.finish = finish;
  return (await answer.json()) as Manifest;
}
