import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64url, toBase64url } from "../../../shared/base64url.ts";
import { activate, agreedChannel, parseChannel, parseChannelAction } from "../../../shared/channel.ts";
import type { Channel, ChannelAction } from "../../../shared/channel.ts";
import { NearfeedError } from "../../../shared/errors.ts";
import { parseRelease, releaseId } from "../../../shared/release.ts";
import { formatPublicKey, parsePublicKey, signedBytes } from "../../../shared/signing.ts";
import { digest, smallRelease, text } from "../../harness/small-release.ts";

const NOW = 1_760_000_000_000;
const [a, b] = ["a".repeat(32), "b".repeat(32)];
const signed = { key: "0123456789abcdef", value: "A".repeat(86) };

function errorOf(run: () => unknown): [string, string | undefined] | null {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof NearfeedError ? [error.code, error.path] : ["another error", String(error)];
  }
}

test("base64url is that of Node, both ways", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const written = toBase64url(bytes);
      expect(written).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64url(written, bytes.length, "x")).toEqual(new Uint8Array(bytes));
    }),
  );
});

test("a key that is cut off, has other characters or bits after its end is refused", () => {
  const key = formatPublicKey(new Uint8Array(32).fill(7));
  expect(parsePublicKey(key, "verifyKey")).toEqual(new Uint8Array(32).fill(7));
  for (const bad of ["", key.slice(1), `${key}=`, `+${key.slice(1)}`, `${key.slice(0, -1)}d`, `${key}${key}`]) {
    expect(errorOf(() => parsePublicKey(bad, "verifyKey"))).toEqual(["bad_value", "verifyKey"]);
  }
});

test("what is signed is the RFC 8785 form of everything but the signature", () => {
  const channel: Channel = { ...activate(null, "stable", a!, NOW), signed };
  expect(text.decode(signedBytes(channel, text))).toBe(
    `{"channel":"stable","expiresAt":${NOW + 30 * 86_400_000},"format":"nearfeed-channel","previous":null,` +
      `"release":"${a}","sequence":1,"version":1}`,
  );
});

test("a signature is a field of a release and of a channel, and no part of a release's id", async () => {
  const { release } = await smallRelease();
  const parsed = parseRelease({ ...release, signed });
  expect(parsed.signed).toEqual(signed);
  expect(await releaseId(parsed, { digest, text })).toBe(release.id);
  const channel = activate(null, "stable", a!, NOW);
  expect(parseChannel({ ...channel, signed }).signed).toEqual(signed);
  for (const [bad, path] of [
    [{ ...signed, key: "x" }, "signed.key"],
    [{ ...signed, value: "A".repeat(85) }, "signed.value"],
    [{ key: signed.key }, "signed.value"],
  ] as const) {
    expect(errorOf(() => parseRelease({ ...release, signed: bad }))?.[1]).toBe(path);
    expect(errorOf(() => parseChannel({ ...channel, signed: bad }))?.[1]).toBe(path);
  }
});

test("the channel that a publisher signed is stored where it is the edge's own, whatever their clocks say within an hour", () => {
  const own = activate(activate(null, "stable", a!, NOW), "stable", b!, NOW);
  const agreed = (given: object) => {
    const action = parseChannelAction({ action: "activate", release: b, expect: 1, channel: given });
    return agreedChannel(own, action);
  };
  const theirs = { ...own, expiresAt: own.expiresAt + 3_000_000, signed };
  expect(agreed(theirs)).toEqual(theirs);
  expect(agreedChannel(own, { action: "activate", release: b!, expect: 1 } satisfies ChannelAction)).toBe(own);
  const { signed: _, ...unsigned } = theirs;
  for (const [given, code, path] of [
    [unsigned, "missing_field", "channel.signed"],
    [{ ...theirs, release: a }, "bad_value", "channel.release"],
    [{ ...theirs, previous: null }, "bad_value", "channel.previous"],
    [{ ...theirs, sequence: 9 }, "bad_value", "channel.sequence"],
    [{ ...theirs, channel: "other" }, "bad_value", "channel.channel"],
    [{ ...theirs, canary: { release: a, percent: 5 } }, "bad_value", "channel.canary"],
    [{ ...theirs, expiresAt: own.expiresAt + 3_700_000 }, "bad_value", "channel.expiresAt"],
    [{ ...theirs, expiresAt: own.expiresAt - 3_700_000 }, "bad_value", "channel.expiresAt"],
    [{ ...theirs, extra: 1 }, "unknown_field", "channel.extra"],
  ] as const) {
    expect(errorOf(() => agreed(given))).toEqual([code, path]);
  }
});
