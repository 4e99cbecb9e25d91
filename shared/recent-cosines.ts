/**
 * Cosines of candidates to a person's recent signals: the one part of the features that costs a matrix product.
 *
 * From one list to the next a person has one more signal, and most candidates stay: what the last list of a table has
 * computed is taken over. What the columns make of the cosines is written in `featurize.ts`.
 */
import type { ItemTable } from "./item-table.ts";

/** Unit vectors of recent signals, packed for `recentCosines`. */
export interface RecentVectors {
  /** Signals there is room for: a multiple of `LANES`. */
  readonly slots: number;
  /** As they came, newest first: what they are recognised by. They must never change. */
  readonly vectors: readonly ArrayLike<number>[];
  readonly dim: number;
  /** `[slots / LANES, dim, LANES]`, newest first; slots beyond the vectors are 0. */
  readonly unit: Float64Array;
}

/** Signals whose dot products are summed side by side: a single sum waits for each of its own additions. */
const LANES = 8;

/** @param vectors `[count][d]`, newest first, at most `slots`, a multiple of 8 */
export function packRecent(vectors: readonly ArrayLike<number>[], slots: number): RecentVectors {
  const dim = vectors[0]?.length ?? 0;
  const unit = new Float64Array(slots * dim);
  vectors.forEach((vector, e) => {
    let squared = 0;
    for (let j = 0; j < dim; j++) squared += vector[j]! * vector[j]!;
    const length = Math.sqrt(squared);
    const lane = e % LANES;
    const block = (e - lane) * dim + lane;
    for (let j = 0; j < dim; j++) unit[block + j * LANES] = length > 0 ? vector[j]! / length : 0;
  });
  return { slots, vectors, dim, unit };
}

/** The cosines of one list. */
interface ListCosines {
  readonly vectors: RecentVectors["vectors"];
  /** Row → its place in `cosines`. */
  readonly places: ReadonlyMap<number, number>;
  readonly cosines: Float64Array;
}

/** Of the last list of a table. */
const lastLists = new WeakMap<ItemTable, ListCosines>();

/** The cosine of every candidate to every recent signal, 0 where either vector is. `[rows, slots]` row-major. */
export function recentCosines(table: ItemTable, rows: ArrayLike<number>, recent: RecentVectors): Float64Array {
  const { slots, vectors } = recent;
  const cosines = new Float64Array(rows.length * slots);
  const places = new Map<number, number>();
  const last = lastLists.get(table);
  const slotsThen = last && vectors.map((vector) => last.vectors.indexOf(vector));
  const vector = new Float64Array(recent.dim);
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n]!;
    places.set(row, n);
    const at = n * slots;
    const then = last?.places.get(row);
    let isDecoded = false;
    for (let from = 0; from < vectors.length; from += LANES) {
      if (then !== undefined && takeOver(last!.cosines, then * slots, slotsThen!, cosines, at, from)) continue;
      if (!isDecoded) decode(table, row, vector);
      isDecoded = true;
      writeCosines(table.vectorNorm[row]!, vector, recent, from, cosines, at + from);
    }
  }
  lastLists.set(table, { vectors, places, cosines });
  return cosines;
}

/** Copies the cosines to a block of signals. @returns false where the last list lacks one of them */
function takeOver(
  then: Float64Array,
  thenAt: number,
  slotsThen: readonly number[],
  cosines: Float64Array,
  at: number,
  from: number,
): boolean {
  const end = Math.min(from + LANES, slotsThen.length);
  for (let e = from; e < end; e++) {
    const slot = slotsThen[e]!;
    if (slot < 0) return false;
    cosines[at + e] = then[thenAt + slot]!;
  }
  return true;
}

function decode({ columns: { vectors, scale, dim } }: ItemTable, row: number, vector: Float64Array): void {
  const factor = scale[row]!;
  for (let j = 0, at = row * dim; j < vector.length; j++, at++) vector[j] = vectors[at]! * factor;
}

/** Writes the cosines of one candidate to a block of signals. */
function writeCosines(
  norm: number,
  vector: Float64Array,
  { dim, unit }: RecentVectors,
  from: number,
  cosines: Float64Array,
  at: number,
): void {
  // A vector of zeros has dot products of zero, whatever it is divided by.
  const length = norm || 1;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  for (let j = 0, place = from * dim; j < dim; j++, place += LANES) {
    const x = vector[j]!;
    a += x * unit[place]!;
    b += x * unit[place + 1]!;
    c += x * unit[place + 2]!;
    d += x * unit[place + 3]!;
    e += x * unit[place + 4]!;
    f += x * unit[place + 5]!;
    g += x * unit[place + 6]!;
    h += x * unit[place + 7]!;
  }
  cosines[at] = a / length;
  cosines[at + 1] = b / length;
  cosines[at + 2] = c / length;
  cosines[at + 3] = d / length;
  cosines[at + 4] = e / length;
  cosines[at + 5] = f / length;
  cosines[at + 6] = g / length;
  cosines[at + 7] = h / length;
}
