// The orders in which the whole catalogue can be walked without a query: by popularity, by date, and a drawn one of what
// little is known of. Each is made once a release and kept, so that a source costs a walk and not a sort: what passes a wide
// filter stands at the head, and a narrow one ends after one look at every row.

import { littleKnown } from "../../shared/explore-slots.ts";
import type { Filter } from "../../shared/filter.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { seededHash, mixBits } from "../../shared/noise.ts";

/** Its names are those of the sources that take from it. */
export type OrderName = "popular" | "fresh" | "explore";

/** What is taken of an order. */
export interface OrderRequest {
  readonly order: OrderName;
  readonly count: number;
  readonly filter: Filter;
  /** Of the drawn order: where the walk begins, the first key that is not above this; at its end it goes on from the start. */
  readonly below?: number;
  /** Told the name of each part of the catalogue that did not answer. */
  readonly onMissing?: (part: string) => void;
}

/** Walks the catalogue in an order, wherever it lies. */
export interface ItemOrders {
  /** The first rows that pass the filter. */
  inOrder(request: OrderRequest): Promise<Uint32Array>;
}

/** What orders are made of. */
export interface OrderedItems {
  readonly columns: ItemColumns;
  /** Names the draw: a hash of the release's id. */
  readonly seed: number;
  /** Epoch ms; what is new is new as of then. That is when the release was made, so its orders never change. */
  readonly madeAt: number;
  /** The row of the release that row 0 is, where this is a part of it; 0 by default. */
  readonly first?: number;
}

/** The orders of one release, each made when it is first asked for. */
export function createOrders(items: OrderedItems): (name: OrderName) => Uint32Array {
  const made = new Map<OrderName, Uint32Array>();
  return (name) => {
    const found = made.get(name) ?? MAKERS[name](items);
    made.set(name, found);
    return found;
  };
}

/** Bytes that all orders of so many items hold at most. */
export function ordersBytes(size: number): number {
  return Object.keys(MAKERS).length * size * Uint32Array.BYTES_PER_ELEMENT;
}

/**
 * The first `count` rows of an order that the mask does not refuse.
 * @param start place in the order where the walk begins
 */
export function walk(order: Uint32Array, count: number, mask: Uint8Array | null, start = 0): Uint32Array {
  const found: number[] = [];
  let at = start < order.length ? start : 0;
  for (let looked = 0; looked < order.length && found.length < count; looked++) {
    const row = order[at]!;
    if (mask === null || mask[row] === 1) found.push(row);
    at = at + 1 === order.length ? 0 : at + 1;
  }
  return Uint32Array.from(found);
}

/** The place in the drawn order of the first key that is not above `below`. */
export function placeBelow(
  order: Uint32Array,
  below: number,
  { seed, first = 0 }: Omit<OrderedItems, "columns">,
): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (drawKey(order[middle]! + first, seed) > below) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The key of a row, counted in the whole release, in the drawn order: the larger comes first. */
export function drawKey(row: number, seed: number): number {
  return mixBits(row ^ seed);
}

/** The seed of a release's orders. */
export function orderSeed(release: string): number {
  return seededHash(release, 0);
}

const MAKERS: Readonly<Record<OrderName, (items: OrderedItems) => Uint32Array>> = {
  popular: ({ columns: { popularity, size } }) => {
    // Floats from 0 on are ordered as their bits are; adding 0 makes a negative zero one of them.
    const bits = new Uint32Array(popularity.map((value) => value + 0).buffer);
    return descending(size, (row) => bits[row]!);
  },
  fresh: ({ columns: { publishedAt, size } }) => {
    const order = descending(size, (row) => publishedAt[row]!);
    return order.subarray(
      0,
      publishedAt.reduce((dated, minutes) => dated + Number(minutes > 0), 0),
    );
  },
  explore: ({ columns, seed, madeAt, first = 0 }) => {
    const isEligible = littleKnown({ columns }, madeAt);
    return descending(columns.size, (row) => drawKey(row + first, seed)).filter(isEligible);
  },
};

/** Rows beyond 2²¹ do not fit beside a key of 32 bits into a double. An isolate holds a quarter of them. */
const ROWS = 2 ** 21;

/** All rows, the largest key first, equal keys by the lower row. @param key of a row, a whole number from 0 below 2³² */
function descending(size: number, key: (row: number) => number): Uint32Array {
  if (size > ROWS) throw new RangeError(`an order has room for ${ROWS} rows, got ${size}`);
  const keys = new Float64Array(size);
  for (let row = 0; row < size; row++) keys[row] = key(row) * ROWS + (ROWS - 1 - row);
  keys.sort(); // of one number a row: ten times as fast as a sort that calls back
  return Uint32Array.from({ length: size }, (_, at) => ROWS - 1 - (keys[size - 1 - at]! % ROWS));
}
