/** What shared/ asks of a runtime, as Node has it. */
import { createHash } from "node:crypto";
import type { Digest, TextCodec } from "../../../../shared/runtime.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const text: TextCodec = {
  encode: (value) => encoder.encode(value),
  decode: (bytes) => decoder.decode(bytes),
};

export const digest: Digest = (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest("hex"));
