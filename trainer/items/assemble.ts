/**
 * From what training learnt to what a release carries: int8 vectors in rows sorted by cell, int8 neighbours, constants.
 *
 * Evaluation and the deep ranker's training work on this very form, so that they measure what devices will compute.
 */
import { APPEALS } from "../../shared/appeal.ts";
import type { Constants } from "../../shared/constants-file.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import type { KnownItem } from "../../shared/interest.ts";
import { categoriesOf, dequantize, type ItemColumns } from "../../shared/item-columns.ts";
import { createItemTable, type ItemTable } from "../../shared/item-table.ts";
import type { Item } from "../../shared/item.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import { hashRows } from "../../shared/strings-file.ts";
import { digest, sha256Hex, textCodec } from "../runtime.ts";
import { catalogueOf } from "./catalogue.ts";
import { cellCount, fitCells } from "./cells.ts";
import type { ItemModel } from "./fit-items.ts";
import { gramOf } from "./gram.ts";
import type { NeighbourLists } from "./neighbours.ts";

export interface Assembly {
  /** The items in row order. */
  readonly items: readonly Item[];
  /** Row of each item of the dataset it is used with; −1 for an item that this assembly does not have. */
  readonly rowOfItem: Int32Array;
  readonly index: ItemIndex;
  readonly neighbours: Neighbours;
  readonly constants: Constants;
  /** The same items ready to be scored. */
  readonly table: ItemTable;
}

/** Hex digits of the hash that names a space: collisions matter only among a channel's few releases. */
const SPACE_DIGITS = 16;

/** Largest catalogue whose rows fit 16 bits. */
const SHORT_ROWS = 0xffff;

const INT8_LEVELS = 127;

/** Where the rows of an assembly stand: which item is in which row, and which rows make a cell. */
interface Layout {
  /** Item of each row. `[n]` */
  readonly order: Uint32Array;
  readonly rowOfItem: Int32Array;
  readonly centroids: Float32Array;
  readonly cellStart: Uint32Array;
}

/** @param items the dataset's items, in its order, as `model` has them */
export function assemble(
  items: readonly Item[],
  model: ItemModel,
  options: { readonly seed: number },
): Promise<Assembly> {
  const cells = cellCount(items.length);
  const { centroids, cellOf } = fitCells(model.vectors, model.dim, cells, options.seed);
  const order = Uint32Array.from(items, (_, i) => i).sort((a, b) => cellOf[a] - cellOf[b] || a - b);
  const rowOfItem = new Int32Array(items.length);
  order.forEach((item, row) => (rowOfItem[item] = row));
  const cellStart = new Uint32Array(cells + 1);
  for (const cell of cellOf) cellStart[cell + 1]++;
  for (let c = 0; c < cells; c++) cellStart[c + 1] += cellStart[c];
  return assembleRows(items, model, { order, rowOfItem, centroids, cellStart });
}

async function assembleRows(items: readonly Item[], model: ItemModel, layout: Layout): Promise<Assembly> {
  const { order, rowOfItem, centroids, cellStart } = layout;
  const ordered = Array.from(order, (item) => items[item]);
  const catalogue = catalogueOf(ordered);
  const columns = columnsOf(model, order, catalogue);
  const ids = ordered.map((item) => item.id);
  const rows = await hashRows(ids, textCodec, digest);
  const space = spaceName(columns);
  const { dictionaries, categoryWeight } = catalogue;
  return {
    items: ordered,
    rowOfItem,
    index: { columns, dictionaries, centroids, cellStart, space, rows },
    neighbours: { ...quantizeNeighbours(model.neighbours, order, rowOfItem), rows },
    constants: { gram: gramOfColumns(columns), categoryWeight, space },
    table: createItemTable(columns, dictionaries, ids, categoryWeight),
  };
}

/** The same assembly for another dataset: items are found by id. */
export function forItems(assembly: Assembly, items: readonly Item[]): Assembly {
  const { rowOf } = assembly.table;
  return { ...assembly, rowOfItem: Int32Array.from(items, ({ id }) => rowOf.get(id) ?? -1) };
}

/** What a device keeps of an item that got a signal. */
export function knownItem({ table, neighbours }: Pick<Assembly, "table" | "neighbours">, row: number): KnownItem {
  const { columns, ids } = table;
  const { perItem, neighbour, weight, scale } = neighbours;
  const list: [string, number][] = [];
  for (let slot = row * perItem; slot < (row + 1) * perItem && weight[slot] > 0; slot++) {
    list.push([ids[neighbour[slot]], weight[slot] * scale[row]]);
  }
  return {
    vector: dequantize(columns, row),
    categories: categoriesOf(columns, row),
    author: columns.author[row],
    neighbours: list,
  };
}

function columnsOf(model: ItemModel, order: Uint32Array, catalogue: ReturnType<typeof catalogueOf>): ItemColumns {
  const { dim } = model;
  const vectors = new Float32Array(order.length * dim);
  order.forEach((item, row) => vectors.set(model.vectors.subarray(item * dim, (item + 1) * dim), row * dim));
  const quantized = quantizeRows(vectors, dim);
  return {
    size: order.length,
    dim,
    vectors: quantized.vectors,
    scale: quantized.scale,
    popularity: Float32Array.from(order, (item) => model.popularity[item]),
    ...(model.appeal && { appeal: appealRows(model.appeal, order) }),
    uncertainty: Float32Array.from(order, (item) => model.uncertainty[item]),
    history: Uint32Array.from(order, (item) => model.history[item]),
    ...catalogue.columns,
  };
}

/** @param appeal by item @param order item of each row */
export function appealRows(appeal: Float32Array, order: ArrayLike<number>): Float32Array {
  return Float32Array.from(
    { length: order.length * APPEALS.length },
    (_, at) => appeal[order[Math.floor(at / APPEALS.length)] * APPEALS.length + (at % APPEALS.length)],
  );
}

function quantizeNeighbours(
  lists: NeighbourLists,
  order: Uint32Array,
  rowOfItem: Int32Array,
): Omit<Neighbours, "rows"> {
  const { perItem } = lists;
  const n = order.length;
  const neighbour = n > SHORT_ROWS ? new Uint32Array(n * perItem) : new Uint16Array(n * perItem);
  const weight = new Int8Array(n * perItem);
  const scale = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    const from = order[row] * perItem;
    const step = lists.weight[from] / INT8_LEVELS;
    scale[row] = step;
    for (let slot = 0; slot < perItem; slot++) {
      const quantized = step > 0 ? Math.round(lists.weight[from + slot] / step) : 0;
      weight[row * perItem + slot] = quantized;
      neighbour[row * perItem + slot] = quantized > 0 ? rowOfItem[lists.neighbour[from + slot]] : row;
    }
  }
  return { size: n, perItem, neighbour, weight, scale };
}

function gramOfColumns(columns: ItemColumns): Float32Array {
  const vectors = Float32Array.from(columns.vectors, (value, e) => value * columns.scale[Math.floor(e / columns.dim)]);
  return Float32Array.from(gramOf(vectors, columns.dim));
}

function spaceName({ vectors, scale }: ItemColumns): string {
  const bytes = new Uint8Array(vectors.length + scale.byteLength);
  bytes.set(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.length));
  bytes.set(new Uint8Array(scale.buffer, scale.byteOffset, scale.byteLength), vectors.length);
  return sha256Hex(bytes).slice(0, SPACE_DIGITS);
}
