/**
 * What the device believes of what an edge says. With a `verifyKey`, only releases and channels signed by that key, and
 * never a channel older than one already seen; a channel that nobody has renewed, neither with nor without.
 */
import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Manifest } from "../../shared/protocol.ts";
import type { Release } from "../../shared/release.ts";
import { keyId, parsePublicKey, signatureBytes, signedBytes } from "../../shared/signing.ts";
import type { Signed } from "../../shared/signing.ts";
import { sha256, textCodec } from "../runtime.ts";
import type { Store } from "../storage/store.ts";
import { verifyEd25519 } from "./verify.ts";

export interface TrustOptions {
  /** The publisher's public key; null: nothing is checked but the expiry. */
  readonly verifyKey: string | null;
  readonly ed25519Url: string;
  readonly store: () => Store | undefined;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface Trust {
  /** True where a key was given. */
  readonly strict: boolean;
  /** @throws NearfeedError `bad_signature` or `replayed_channel` */
  check(manifest: Manifest): Promise<void>;
  /** @throws NearfeedError `bad_signature` */
  checkRelease(release: Release): Promise<void>;
  /** Why the channel may not bring another release; undefined where it may. */
  expiry(channel: Channel): NearfeedError | undefined;
}

export function createTrust({ verifyKey, ed25519Url, store, now }: TrustOptions): Trust {
  const publicKey = verifyKey === null ? undefined : parsePublicKey(verifyKey, "verifyKey");
  /** By key id and channel. */
  const seen = new Map<string, number>();

  async function checkSigned(what: string, value: { readonly signed?: Signed }): Promise<void> {
    if (!publicKey) return;
    const path = `${what}.signed`;
    const expected = await keyId(publicKey, sha256);
    const { signed } = value;
    if (signed?.key !== expected) {
      const got = signed ? `signed by the key ${signed.key}` : "not signed";
      throw new NearfeedError("bad_signature", `The ${what} is ${got}, expected the key ${expected} of verifyKey.`, {
        path,
        hint: "Publish with --sign-key, or pass the public key that nearfeed keygen printed as verifyKey.",
      });
    }
    const message = signedBytes(value, textCodec) as Uint8Array<ArrayBuffer>;
    const isGood = await verifyEd25519({ publicKey, message, signature: signatureBytes(signed) }, ed25519Url).catch(
      (cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new NearfeedError("bad_signature", `The signature of the ${what} cannot be checked: ${reason}`, {
          path,
          hint: `This browser has no Ed25519 of its own, and ${ed25519Url} must be served.`,
          cause,
        });
      },
    );
    if (isGood) return;
    throw new NearfeedError("bad_signature", `The ${what} was changed after the key ${expected} had signed it.`, {
      path,
    });
  }

  async function checkSequence({ channel: name, sequence, signed }: Channel): Promise<void> {
    const channel = `${signed!.key} ${name}`;
    const stored = (await store()?.state("sequences")) ?? {};
    const highest = Math.max(seen.get(channel) ?? 0, stored[channel] ?? 0);
    if (sequence < highest) {
      throw new NearfeedError(
        "replayed_channel",
        `The channel has sequence ${sequence}, this device has seen ${highest}.`,
        {
          path: "channel.sequence",
          hint: "An older state of the channel was played back. A new edge must go on from the old one's sequence.",
        },
      );
    }
    seen.set(channel, sequence);
    if (sequence > (stored[channel] ?? 0)) await store()?.putState("sequences", { ...stored, [channel]: sequence });
  }

  return {
    strict: publicKey !== undefined,
    async check({ channel, release }) {
      if (!publicKey) return;
      await checkSigned("channel", channel);
      await checkSigned("release", release);
      await checkSequence(channel);
    },
    checkRelease: (release) => checkSigned("release", release),
    expiry({ channel, expiresAt }) {
      if (now() <= expiresAt) return undefined;
      const when = new Date(expiresAt).toISOString();
      return new NearfeedError("expired_channel", `Channel ${channel} has expired at ${when}.`, {
        path: "channel.expiresAt",
        hint: "Activate its release again to renew it. Or this device's clock is wrong.",
      });
    },
  };
}
