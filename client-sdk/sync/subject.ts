/** The random id that uploaded events carry: derived from a secret, so that only its holder can have them deleted. */
import { sha256Bytes } from "../runtime.ts";

const TOKEN_BYTES = 32;
const SUBJECT_BYTES = 16;
/** RFC 4648 §6. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function newToken(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
}

/** base32(SHA-256(token)[0..16]), 26 characters. */
export async function subjectOf(token: Uint8Array): Promise<string> {
  return base32((await sha256Bytes(token)).subarray(0, SUBJECT_BYTES));
}

function base32(bytes: Uint8Array): string {
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
