/**
 * The cells file: one vector and the size of every interest cell. With it a device that does not hold the index picks the
 * cells to fetch; the items of a cell travel as a pool file (`candidates-file.ts`).
 *
 * History: 1: scale, cell_start, mean.
 */
import { takeMetadata } from "./columns-file.ts";
import type { ItemIndex } from "./index-file.ts";
import { quantizeRows } from "./quantize.ts";
import type { TextCodec } from "./runtime.ts";
import { checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";
import { checkStarts } from "./string-table.ts";

const FORMAT = "nearfeed-cells";
const VERSION = "1";

export interface Cells {
  readonly dim: number;
  /** int8 means, long vectors counting more, `[c, d]` row-major; cell j's is `scale[j]` times its row. */
  readonly mean: Int8Array;
  /** `[c]`. */
  readonly scale: Float32Array;
  /** `[c + 1]`: cell j holds rows `cellStart[j]` to `cellStart[j + 1]` of the index. */
  readonly cellStart: Uint32Array;
  readonly space: string;
  /** The `rows` hash of the index. */
  readonly rows: string;
}

/**
 * The cells of an index. Means are taken of the vectors as they are, whatever the cells were fitted on, and each counts by
 * its squared length: the long ones are those that a query finds, and a cell that was filled up with short ones must not
 * look as if it had none.
 */
export function cellsOf({ columns, cellStart, space, rows }: Omit<ItemIndex, "dictionaries" | "centroids">): Cells {
  const { dim, vectors, scale } = columns;
  const cells = cellStart.length - 1;
  const means = new Float64Array(cells * dim);
  for (let cell = 0; cell < cells; cell++) {
    let total = 0;
    for (let row = cellStart[cell]!; row < cellStart[cell + 1]!; row++) {
      let levels = 0;
      for (let j = 0; j < dim; j++) levels += vectors[row * dim + j]! ** 2;
      const weight = levels * scale[row]! ** 2;
      total += weight;
      for (let j = 0; j < dim; j++) means[cell * dim + j]! += weight * scale[row]! * vectors[row * dim + j]!;
    }
    if (total > 0) for (let j = 0; j < dim; j++) means[cell * dim + j]! /= total;
  }
  const quantized = quantizeRows(means, dim);
  return { dim, mean: quantized.vectors, scale: quantized.scale, cellStart, space, rows };
}

export function encodeCells(cells: Cells, codec: TextCodec): Uint8Array {
  const { mean, scale, cellStart, dim, space, rows } = cells;
  return encodeSafetensors(
    { scale: tensor(scale), cell_start: tensor(cellStart), mean: tensor(mean, [scale.length, dim]) },
    { format: FORMAT, version: VERSION, space, rows },
    codec,
  );
}

/**
 * @param expected of the release that names the file
 * @throws NearfeedError `bad_format` or `wrong_version`
 */
export function decodeCells(
  bytes: Uint8Array,
  { items, dim }: { readonly items: number; readonly dim: number },
  codec: TextCodec,
): Cells {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const cellStart = takeTensor(file, "cell_start", "U32", [-1]);
  checkStarts(cellStart, items, "cell_start");
  const cells = cellStart.length - 1;
  const scale = takeTensor(file, "scale", "F32", [cells]);
  checkRange(scale, "scale", 0);
  const mean = takeTensor(file, "mean", "I8", [cells, dim]);
  return { dim, mean, scale, cellStart, space: takeMetadata(file, "space"), rows: takeMetadata(file, "rows") };
}
