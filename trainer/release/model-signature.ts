/** The hash that says which devices can run a release's graphs: that of the shapes and columns they were trained on. */
import { canonicalJson } from "../../shared/canonical-json.ts";
import { modelSignature } from "../../shared/encoder-inputs.ts";
import { sha256Hex, textCodec } from "../runtime.ts";

/** @param dim d @param heads names of the ranker's heads, in order */
export function signatureOf(dim: number, heads: readonly string[]): string {
  return sha256Hex(textCodec.encode(canonicalJson(modelSignature(dim, heads))));
}
