/** What pure code asks of a browser: text and hashes. */
import type { Digest, TextCodec } from "../shared/runtime.ts";
import { sha256InScript } from "./sha256.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const textCodec: TextCodec = {
  encode: (text) => encoder.encode(text),
  decode: (bytes) => decoder.decode(bytes),
};

export const sha256: Digest = async (bytes) => hex(await sha256Bytes(bytes));

/** Over plain http on another address than localhost, browsers have no crypto.subtle. */
export function hasNativeHash(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

async function sha256Bytes(bytes: Uint8Array): Promise<Uint8Array> {
  if (!hasNativeHash()) return sha256InScript(bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
