/**
 * The content file: the content map of a release (`content-map.ts`). The edge reads it to embed items that were added after
 * training; no device needs it.
 *
 * History: 1: weight, name_start, name.
 */
import { takeMetadata } from "./columns-file.ts";
import type { ContentMap } from "./content-map.ts";
import { badFormat, checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import type { TextCodec } from "./runtime.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";
import { checkStarts, decodeStrings, encodeStrings } from "./string-table.ts";

const FORMAT = "nearfeed-content";
const VERSION = "1";

/** A map, and the space of its vectors. */
export interface SpacedContentMap extends ContentMap {
  readonly space: string;
}

export function encodeContent({ names, weights, dim, space }: SpacedContentMap, codec: TextCodec): Uint8Array {
  const { start, bytes } = encodeStrings(names, codec);
  return encodeSafetensors(
    { weight: tensor(weights, [names.length, dim]), name_start: tensor(start), name: tensor(bytes) },
    { format: FORMAT, version: VERSION, space },
    codec,
  );
}

/** @throws NearfeedError `bad_format` or `wrong_version` */
export function decodeContent(bytes: Uint8Array, dim: number, codec: TextCodec): SpacedContentMap {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const weights = takeTensor(file, "weight", "F32", [-1, dim]);
  checkRange(weights, "weight");
  const start = takeTensor(file, "name_start", "U32", [weights.length / dim + 1]);
  const name = takeTensor(file, "name", "U8", [-1]);
  checkStarts(start, name.length, "name_start");
  const names = decodeStrings({ bytes: name, start }, codec);
  if (new Set(names).size !== names.length) throw badFormat("A feature is named twice.", "name");
  return { names, weights, dim, space: takeMetadata(file, "space") };
}
