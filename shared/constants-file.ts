/**
 * The constants file: what the profile needs of a release besides numbers in `release.json`.
 *
 * Computed once from the release's dequantised vectors, so that a device that holds only a pool computes the very
 * profile that one with the whole index does.
 */
import { takeMetadata } from "./columns-file.ts";
import type { TextCodec } from "./runtime.ts";
import { checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";

const FORMAT = "nearfeed-constants";
const VERSION = "1";

export interface Constants {
  /** Gram matrix Σ v vᵀ of the catalogue, `[d, d]` row-major. */
  readonly gram: Float32Array;
  /** How much a shared category says, `[categories]`: inverse document frequency. */
  readonly categoryWeight: Float32Array;
  readonly space: string;
}

export function encodeConstants(constants: Constants, codec: TextCodec): Uint8Array {
  const dim = Math.sqrt(constants.gram.length);
  return encodeSafetensors(
    { gram: tensor(constants.gram, [dim, dim]), category_weight: tensor(constants.categoryWeight) },
    { format: FORMAT, version: VERSION, space: constants.space },
    codec,
  );
}

/** @throws NearfeedError `bad_format` or `wrong_version`. */
export function decodeConstants(bytes: Uint8Array, dim: number, codec: TextCodec): Constants {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const gram = takeTensor(file, "gram", "F32", [dim, dim]);
  const categoryWeight = takeTensor(file, "category_weight", "F32", [-1]);
  checkRange(gram, "gram");
  checkRange(categoryWeight, "category_weight", 0);
  return { gram, categoryWeight, space: takeMetadata(file, "space") };
}
