// The runtime that shared code asks for, as workerd has it: text, hashes. Not time: that comes in as an option.

import type { Digest, TextCodec } from "../shared/runtime.ts";

const encoder = new TextEncoder();
// fatal: bytes that are not UTF-8 must be an error, not a replacement character in somebody's id.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8. */
export const text: TextCodec = {
  encode: (value) => encoder.encode(value),
  decode: (bytes) => decoder.decode(bytes),
};

/** SHA-256 as hex. */
export const digest: Digest = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

/** Lower-case hex digits of some bytes. */
export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
