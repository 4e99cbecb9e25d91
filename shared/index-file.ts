/**
 * The index file: every item of a release as columns, rows sorted by interest cell, in safetensors.
 *
 * The edge scans all of it, a device may hold all of it, and one cell is one contiguous range of rows. Ids and display
 * data are files of their own (`strings-file.ts`), tied to this one by the hash of the ids in row order.
 */
import { columnTensors, dictionaryMetadata, readColumns, readDictionaries, takeMetadata } from "./columns-file.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";
import type { TextCodec } from "./runtime.ts";
import { badFormat, checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";
import { checkStarts } from "./string-table.ts";

export const INDEX_FORMAT = "nearfeed-index";
export const INDEX_VERSION = "1";
/** Scores are dot products; another metric would need another scan. */
const METRIC = "dot";

export interface ItemIndex {
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
  /** Means of the cells, `[c, d]` row-major. */
  readonly centroids: Float32Array;
  /** `[c + 1]`: cell j holds rows `cellStart[j]` to `cellStart[j + 1]`. */
  readonly cellStart: Uint32Array;
  /** Names the embedding space; vectors of two spaces never meet. */
  readonly space: string;
  /** sha256 (hex) of the ids in row order, as `hashRows` makes it. */
  readonly rows: string;
}

export function encodeIndex(index: ItemIndex, codec: TextCodec): Uint8Array {
  const cells = index.cellStart.length - 1;
  return encodeSafetensors(
    {
      ...columnTensors(index.columns),
      centroids: tensor(index.centroids, [cells, index.columns.dim]),
      cell_start: tensor(index.cellStart),
    },
    {
      format: INDEX_FORMAT,
      version: INDEX_VERSION,
      space: index.space,
      metric: METRIC,
      rows: index.rows,
      ...dictionaryMetadata(index.dictionaries),
    },
    codec,
  );
}

/** @throws NearfeedError `bad_format` or `wrong_version`, with the tensor or metadata entry as path. */
export function decodeIndex(bytes: Uint8Array, codec: TextCodec): ItemIndex {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, INDEX_FORMAT, INDEX_VERSION);
  const metric = takeMetadata(file, "metric");
  if (metric !== METRIC) throw badFormat(`Got metric "${metric}", expected "${METRIC}".`, "__metadata__.metric");
  const dictionaries = readDictionaries(file);
  const columns = readColumns(file, dictionaries);
  const cellStart = takeTensor(file, "cell_start", "U32", [-1]);
  checkStarts(cellStart, columns.size, "cell_start");
  const centroids = takeTensor(file, "centroids", "F32", [cellStart.length - 1, columns.dim]);
  checkRange(centroids, "centroids");
  return {
    columns,
    dictionaries,
    centroids,
    cellStart,
    space: takeMetadata(file, "space"),
    rows: takeMetadata(file, "rows"),
  };
}
