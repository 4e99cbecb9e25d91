/** What `shared/` asks of the runtime, from Node: UTF-8 and SHA-256. */
import { createHash } from "node:crypto";
import type { Digest, TextCodec } from "../shared/runtime.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const textCodec: TextCodec = {
  encode: (text) => encoder.encode(text),
  decode: (bytes) => decoder.decode(bytes),
};

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export const digest: Digest = (bytes) => Promise.resolve(sha256Hex(bytes));
