// The random id that uploaded events carry, and the secret it is derived from: whoever holds the secret may have what
// was uploaded under the id deleted, and the edge verifies that without a table. Drawing the secret is the device's.

import { fromBase64url } from "./base64url.ts";
import { refuse } from "./parse.ts";
import type { Digest } from "./runtime.ts";

/** Bytes of a token: more than anybody can guess. */
export const TOKEN_BYTES = 32;

/** 16 bytes of the hash: enough that no two devices meet. */
const SUBJECT_HEX_DIGITS = 32;

/** RFC 4648 §6. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What a subject looks like. */
export const SUBJECT = /^[A-Z2-7]{26}$/;

/** base32(SHA-256(token)[0..16]), 26 characters. */
export async function subjectOf(token: Uint8Array, sha256: Digest): Promise<string> {
  const hex = (await sha256(token)).slice(0, SUBJECT_HEX_DIGITS);
  return base32(hex.match(/../g)!.map((byte) => Number.parseInt(byte, 16)));
}

/**
 * Reads a token as it is sent: base64url. No error quotes it: it is a secret even where it is misspelt.
 * @throws NearfeedError wrong_type, bad_value
 */
export function decodeToken(value: unknown, path: string): Uint8Array {
  if (typeof value !== "string") return refuse("wrong_type", path, `${TOKEN_BYTES} bytes as base64url`, value);
  return fromBase64url(value, TOKEN_BYTES, path);
}

function base32(bytes: readonly number[]): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}
