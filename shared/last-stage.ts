/**
 * The candidates of the last stage: the best by the linear score, united with what single sources find, each up to its
 * quota. What the linear score would leave out gets a deep score too, and an entry can say what found it.
 */
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";
import { publishedLately, uncertainFrom } from "./explore-slots.ts";
import type { LinearScores } from "./linear-score.ts";
import { sourceBit } from "./sources.ts";
import { topK } from "./top-k.ts";

export interface LastStage {
  /** Best linear score first. */
  readonly rows: Uint32Array;
  /** Source bits of the rows that a source has found. */
  readonly found: ReadonlyMap<number, number>;
}

/** Places that a source has for sure; together well below the stage's size, most of which is the linear score's. */
const QUOTAS = { nearest: 100, neighbour: 100, popular: 50, fresh: 50, explore: 50 } as const;

/**
 * @param open linear scores with −Infinity for rows that may not be shown, `[n]`
 * @param size how many candidates there are room for
 * @param pinned rows that come whatever their score
 */
export function lastStage(
  table: ItemTable,
  open: Float32Array,
  linear: LinearScores,
  interest: Interest,
  size: number,
  pinned: readonly number[] = [],
): LastStage {
  const found = new Map<number, number>();
  const take = (source: keyof typeof QUOTAS, row: number) => {
    found.set(row, (found.get(row) ?? 0) | sourceBit(source));
  };
  const takeNearest = (scores: Float32Array) => {
    const near = scores.slice();
    for (let row = 0; row < near.length; row++) if (open[row] === -Infinity) near[row] = -Infinity;
    for (const row of topK(near, QUOTAS.nearest)) take("nearest", row);
  };
  const takeBest = (source: keyof typeof QUOTAS, among: ArrayLike<number>, scores: Float32Array) => {
    const own = new Float32Array(among.length);
    for (let n = 0; n < own.length; n++) own[n] = open[among[n]!] === -Infinity ? -Infinity : scores[among[n]!]!;
    for (const n of topK(own, QUOTAS[source])) take(source, among[n]!);
  };
  if (interest.count.signals > 0) {
    takeNearest(linear.taste);
    takeNearest(linear.vector);
  }
  const { byPopularity, uncertain } = orderOf(table);
  takeBest(
    "neighbour",
    rowsWhere(linear.neighbour, (weight) => weight > 0),
    linear.neighbour,
  );
  takeBest("popular", openOf(byPopularity, open, QUOTAS.popular), linear.popularity);
  takeBest("fresh", rowsWhere(table.columns.publishedAt, publishedLately(interest.now)), open);
  takeBest("explore", uncertain, open);
  return { rows: united(topK(open, size), size, open, [...found.keys(), ...pinned]), found };
}

/** The rows, the worst of them giving way to those that must be there; best first. */
function united(rows: Uint32Array, size: number, open: Float32Array, must: readonly number[]): Uint32Array {
  // All that may be shown are there.
  if (rows.length < size || rows.length === open.length) return rows;
  const has = new Set(rows);
  const missing = [...new Set(must)].filter((row) => !has.has(row) && open[row]! > -Infinity);
  if (missing.length === 0) return rows;
  const stays = new Set(must);
  let toGo = missing.length;
  const kept: number[] = [];
  for (let n = rows.length - 1; n >= 0; n--) {
    if (toGo > 0 && !stays.has(rows[n]!)) toGo--;
    else kept.push(rows[n]!);
  }
  const late = missing.sort((a, b) => open[b]! - open[a]! || a - b);
  return Uint32Array.from([...kept.reverse(), ...late]);
}

/** The first open ones of some rows. */
function openOf(rows: Uint32Array, open: Float32Array, count: number): number[] {
  const first: number[] = [];
  for (let n = 0; n < rows.length && first.length < count; n++) if (open[rows[n]!]! > -Infinity) first.push(rows[n]!);
  return first;
}

function rowsWhere(column: ArrayLike<number>, holds: (value: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < column.length; row++) if (holds(column[row]!)) rows.push(row);
  return rows;
}

interface TableOrder {
  /** All rows, the most popular first. */
  readonly byPopularity: Uint32Array;
  /** The rows of which the least is known. */
  readonly uncertain: Uint32Array;
}

/** A table never changes, and its order costs a sort. */
const orders = new WeakMap<ItemTable, TableOrder>();

function orderOf(table: ItemTable): TableOrder {
  let order = orders.get(table);
  if (!order) {
    const least = uncertainFrom(table);
    const rows = Uint32Array.from({ length: table.columns.size }, (_, row) => row);
    order = {
      byPopularity: topK(table.popularityLog, rows.length),
      uncertain: rows.filter((row) => table.columns.uncertainty[row]! >= least),
    };
    orders.set(table, order);
  }
  return order;
}
