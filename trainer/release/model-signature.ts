/** The hash that says which devices can run a release's graphs: that of the shapes and columns they were trained on. */
import { canonicalJson } from "../../shared/canonical-json.ts";
import { modelSignature, type SignedHeads } from "../../shared/encoder-inputs.ts";
import { sha256Hex, textCodec } from "../runtime.ts";

/** @param dim d */
export function signatureOf(dim: number, heads: SignedHeads): string {
  return sha256Hex(textCodec.encode(canonicalJson(modelSignature(dim, heads))));
}
