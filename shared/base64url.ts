// base64url without padding (RFC 4648 §5), for keys and signatures in JSON and options. Not for large data.

import { refuse } from "./parse.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The text of some bytes. */
export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const characters = Math.min(bytes.length - at, 3) + 1;
    for (let i = 0; i < characters; i++) text += ALPHABET[(group >>> (18 - 6 * i)) & 63];
  }
  return text;
}

/**
 * The `length` bytes of a text. One byte sequence has one text: bits left over must be 0.
 *
 * @throws NearfeedError `bad_value` with `path`
 */
export function fromBase64url(text: string, length: number, path: string): Uint8Array<ArrayBuffer> {
  const characters = Math.ceil((length * 8) / 6);
  const expected = `${length} bytes as ${characters} characters of base64url`;
  if (text.length !== characters) return refuse("bad_value", path, expected, `${text.length} characters`);
  const bytes = new Uint8Array(length);
  let [bits, have, at] = [0, 0, 0];
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return refuse("bad_value", path, expected, `the character ${character}`);
    bits = ((bits << 6) | value) & 0x3fff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    bytes[at++] = bits >>> have;
  }
  if ((bits & ((1 << have) - 1)) !== 0) return refuse("bad_value", path, expected, "bits after the last byte");
  return bytes;
}
