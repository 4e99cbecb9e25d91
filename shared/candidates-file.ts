/**
 * The candidates file: the answer of retrieval, the start pool, the items of one interest cell and those of one row block.
 * The index's columns for k rows, with their ids, why each is here, display data when asked for, and neighbours in pool
 * files and row blocks.
 *
 * History: 1: columns, id, row, source, catalog. 1 too: neighbour, neighbour_id, neighbour_weight, neighbour_scale, which
 * readers of the first form pass over.
 */
import { columnTensors, dictionaryMetadata, readColumns, readDictionaries, takeMetadata } from "./columns-file.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";
import type { TextCodec } from "./runtime.ts";
import { badFormat, checkFormat, checkRange, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";
import type { Safetensors, Tensor } from "./safetensors.ts";
import { checkStarts, decodeString, decodeStrings, encodeStrings } from "./string-table.ts";
import type { StringTable } from "./string-table.ts";

const FORMAT = "nearfeed-candidates";
const VERSION = "1";

/** The row of an item that the release's index does not have. */
export const NO_ROW = 0xffff_ffff;

export interface Candidates {
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
  readonly ids: readonly string[];
  /** Rows of the release's index, {@link NO_ROW} of items that were added since; `[k]`. */
  readonly row: Uint32Array;
  /** Bits of `sources.ts`, `[k]`. */
  readonly source: Uint16Array;
  /** One JSON text an item, where the request asked for it. */
  readonly catalog?: readonly string[];
  readonly neighbours?: CandidateNeighbours;
  readonly space: string;
  /** The `rows` hash of the index that `row` counts in. */
  readonly rows: string;
}

/** The items people go on to, by id: most of them are not among the candidates. */
export interface CandidateNeighbours {
  /** Slots a candidate. */
  readonly perItem: number;
  /** Every id that a slot names. */
  readonly ids: readonly string[];
  /** Places in `ids`, `[k, perItem]` row-major; those of unused slots mean nothing. */
  readonly neighbour: Uint32Array;
  /** `[k, perItem]`, 0 in unused slots; the weight of a slot is `scale[i] * weight[i * perItem + slot]`. */
  readonly weight: Int8Array;
  /** `[k]`. */
  readonly scale: Float32Array;
}

export function encodeCandidates(candidates: Candidates, codec: TextCodec): Uint8Array {
  const { neighbours } = candidates;
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
      ...(neighbours && neighbourTensors(neighbours, codec)),
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
    ...(hasNeighbours(file) && { neighbours: readNeighbours(file, size, codec) }),
    space: takeMetadata(file, "space"),
    rows: takeMetadata(file, "rows"),
  };
}

function neighbourTensors(neighbours: CandidateNeighbours, codec: TextCodec): Record<string, Tensor> {
  const { ids, neighbour, weight, scale, perItem } = neighbours;
  const names = encodeStrings(ids, codec);
  const shape = [scale.length, perItem];
  return {
    neighbour: tensor(neighbour, shape),
    neighbour_weight: tensor(weight, shape),
    neighbour_scale: tensor(scale),
    neighbour_id_start: tensor(names.start),
    neighbour_id: tensor(names.bytes),
  };
}

/**
 * The neighbours of one item of a file that carries them, strongest first, with the ids of no other item decoded.
 *
 * @returns undefined where the file has no such item, or no neighbours
 * @throws NearfeedError as `decodeCandidates`, of what is read
 */
export function neighboursIn(
  bytes: Uint8Array,
  item: string,
  codec: TextCodec,
): (readonly [item: string, weight: number])[] | undefined {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, FORMAT, VERSION);
  const ids = readStrings(file, "id", -1, codec);
  const at = ids.indexOf(item);
  if (at < 0 || !hasNeighbours(file)) return undefined;
  const { perItem, names, neighbour, weight, scale } = openNeighbours(file, ids.length);
  const slots = Array.from({ length: perItem }, (_, k) => at * perItem + k).filter((slot) => weight[slot]! > 0);
  return slots.map((slot) => [decodeString(names, neighbour[slot]!, codec), scale[at]! * weight[slot]!] as const);
}

/** One of their tensors promises all of them. */
function hasNeighbours({ tensors }: Safetensors): boolean {
  return [...tensors.keys()].some((name) => name.startsWith("neighbour"));
}

function readNeighbours(file: Safetensors, size: number, codec: TextCodec): CandidateNeighbours {
  const { names, ...rest } = openNeighbours(file, size);
  return { ...rest, ids: decodeStrings(names, codec) };
}

/** All of them but their ids, which are not decoded yet. */
function openNeighbours(file: Safetensors, size: number): Omit<CandidateNeighbours, "ids"> & { names: StringTable } {
  const neighbour = takeTensor(file, "neighbour", "U32", [size, -1]);
  const perItem = file.tensors.get("neighbour")!.shape[1]!;
  const weight = takeTensor(file, "neighbour_weight", "I8", [size, perItem]);
  const scale = takeTensor(file, "neighbour_scale", "F32", [size]);
  const names = openStrings(file, "neighbour_id", -1);
  checkRange(weight, "neighbour_weight", 0);
  checkRange(scale, "neighbour_scale", 0);
  const known = names.start.length - 1;
  const beyond = neighbour.findIndex((place, slot) => weight[slot]! > 0 && place >= known);
  if (beyond >= 0) {
    const found = `"neighbour" holds place ${neighbour[beyond]}, expected less than ${known}.`;
    throw badFormat(found, `neighbour[${beyond}]`);
  }
  return { perItem, names, neighbour, weight, scale };
}

/** @param size how many, −1 for any number */
function readStrings(file: Safetensors, name: string, size: number, codec: TextCodec): string[] {
  return decodeStrings(openStrings(file, name, size), codec);
}

function openStrings(file: Safetensors, name: string, size: number): StringTable {
  const start = takeTensor(file, `${name}_start`, "U32", [size < 0 ? -1 : size + 1]);
  const bytes = takeTensor(file, name, "U8", [-1]);
  checkStarts(start, bytes.length, `${name}_start`);
  return { bytes, start };
}
