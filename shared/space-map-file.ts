/**
 * The space map file: the matrix that takes vectors of the space before to those of a release's own. A device reads the
 * events of items that it does not hold with it; items that it holds have their own new vectors.
 *
 * History: 1: map.
 */
import { takeMetadata } from "./columns-file.ts";
import type { TextCodec } from "./runtime.ts";
import { checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";

const FORMAT = "nearfeed-space-map";
const VERSION = "1";

export interface SpaceMap {
  /** The space that is mapped. */
  readonly from: string;
  readonly to: string;
  /** M, `[d, d]` row-major: a row vector x of `from` becomes x M. */
  readonly map: Float32Array;
}

export function encodeSpaceMap({ from, to, map }: SpaceMap, codec: TextCodec): Uint8Array {
  const dim = Math.sqrt(map.length);
  return encodeSafetensors({ map: tensor(map, [dim, dim]) }, { format: FORMAT, version: VERSION, from, to }, codec);
}

/** @throws NearfeedError `bad_format` or `wrong_version` */
export function decodeSpaceMap(bytes: Uint8Array, dim: number, codec: TextCodec): SpaceMap {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const map = takeTensor(file, "map", "F32", [dim, dim]);
  checkRange(map, "map");
  return { from: takeMetadata(file, "from"), to: takeMetadata(file, "to"), map };
}

/** x M. @param x `[d]` @param map M, `[d, d]` row-major */
export function mapVector(x: ArrayLike<number>, map: Float32Array): Float32Array {
  const mapped = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < x.length; j++) mapped[j]! += x[i]! * map[i * x.length + j]!;
  }
  return Float32Array.from(mapped);
}
