/**
 * The neighbours file: for every item the items that people go on to, strongest first, with int8 weights.
 *
 * Same row order as the index, checked by the hash of the ids. Unused slots hold the item's own row with weight 0.
 */
import { takeMetadata } from "./columns-file.ts";
import type { TextCodec } from "./runtime.ts";
import { badFormat, checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";
import { checkRows } from "./strings-file.ts";

const FORMAT = "nearfeed-neighbours";
const VERSION = "1";

export interface Neighbours {
  readonly size: number;
  /** Slots an item. */
  readonly perItem: number;
  /** Rows of the index, `[n, k]` row-major. */
  readonly neighbour: Uint16Array | Uint32Array;
  /** `[n, k]`; the weight of a slot is `scale[i] * weight[i * k + slot]`. */
  readonly weight: Int8Array;
  /** `[n]`. */
  readonly scale: Float32Array;
  readonly rows: string;
}

export function encodeNeighbours(neighbours: Neighbours, codec: TextCodec): Uint8Array {
  const shape = [neighbours.size, neighbours.perItem];
  return encodeSafetensors(
    {
      scale: tensor(neighbours.scale),
      neighbour: tensor(neighbours.neighbour, shape),
      weight: tensor(neighbours.weight, shape),
    },
    { format: FORMAT, version: VERSION, rows: neighbours.rows },
    codec,
  );
}

/** @throws NearfeedError `bad_format` where rows, shapes, row numbers or weights do not fit the index. */
export function decodeNeighbours(
  bytes: Uint8Array,
  expected: { readonly rows: string; readonly size: number },
  codec: TextCodec,
): Neighbours {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const rows = takeMetadata(file, "rows");
  checkRows(rows, expected.rows);
  const { size } = expected;
  const wide = file.tensors.get("neighbour")?.dtype === "U32";
  const neighbour = takeTensor(file, "neighbour", wide ? "U32" : "U16", [size, -1]);
  const perItem = file.tensors.get("neighbour")!.shape[1]!;
  const beyond = neighbour.findIndex((row) => row >= size);
  if (beyond >= 0) {
    throw badFormat(`"neighbour" holds row ${neighbour[beyond]}, expected less than ${size}.`, `neighbour[${beyond}]`);
  }
  const weight = takeTensor(file, "weight", "I8", [size, perItem]);
  const scale = takeTensor(file, "scale", "F32", [size]);
  checkRange(weight, "weight", 0);
  checkRange(scale, "scale", 0);
  return { size, perItem, neighbour, weight, scale, rows };
}
