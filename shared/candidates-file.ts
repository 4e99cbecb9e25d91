/**
 * The candidates file: the answer of retrieval and of the start pool. The index's columns for k rows, with their ids,
 * why each is here, and display data when asked for.
 */
import { columnTensors, dictionaryMetadata, readColumns, readDictionaries, takeMetadata } from "./columns-file.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";
import type { TextCodec } from "./runtime.ts";
import { badFormat, checkFormat, decodeSafetensors, encodeSafetensors, takeTensor, tensor } from "./safetensors.ts";
import type { Safetensors } from "./safetensors.ts";
import { checkStarts, decodeStrings, encodeStrings } from "./string-table.ts";

const FORMAT = "nearfeed-candidates";
const VERSION = "1";

export interface Candidates {
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
  readonly ids: readonly string[];
  /** Rows of the release's index, `[k]`. */
  readonly row: Uint32Array;
  /** Bits of `sources.ts`, `[k]`. */
  readonly source: Uint16Array;
  /** One JSON text an item, where the request asked for it. */
  readonly catalog?: readonly string[];
  readonly space: string;
  /** The `rows` hash of the index that `row` counts in. */
  readonly rows: string;
}

export function encodeCandidates(candidates: Candidates, codec: TextCodec): Uint8Array {
  const ids = encodeStrings(candidates.ids, codec);
  const catalog = candidates.catalog && encodeStrings(candidates.catalog, codec);
  return encodeSafetensors(
    {
      ...columnTensors(candidates.columns),
      row: tensor(candidates.row),
      source: tensor(candidates.source),
      id_start: tensor(ids.start),
      id: tensor(ids.bytes),
      ...(catalog && { catalog_start: tensor(catalog.start), catalog: tensor(catalog.bytes) }),
    },
    {
      format: FORMAT,
      version: VERSION,
      space: candidates.space,
      rows: candidates.rows,
      ...dictionaryMetadata(candidates.dictionaries),
    },
    codec,
  );
}

/** @throws NearfeedError `bad_format` or `wrong_version`, with the tensor as path. */
export function decodeCandidates(bytes: Uint8Array, codec: TextCodec): Candidates {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const dictionaries = readDictionaries(file);
  const columns = readColumns(file, dictionaries);
  const { size } = columns;
  const ids = readStrings(file, "id", size, codec);
  if (new Set(ids).size !== size) throw badFormat("An id occurs twice.", "id");
  return {
    columns,
    dictionaries,
    ids,
    row: takeTensor(file, "row", "U32", [size]),
    source: takeTensor(file, "source", "U16", [size]),
    ...(file.tensors.has("catalog") && { catalog: readStrings(file, "catalog", size, codec) }),
    space: takeMetadata(file, "space"),
    rows: takeMetadata(file, "rows"),
  };
}

function readStrings(file: Safetensors, name: string, size: number, codec: TextCodec): string[] {
  const start = takeTensor(file, `${name}_start`, "U32", [size + 1]);
  const bytes = takeTensor(file, name, "U8", [-1]);
  checkStarts(start, bytes.length, `${name}_start`);
  return decodeStrings({ bytes, start }, codec);
}
