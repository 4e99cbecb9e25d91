// A query as whole numbers, for the fast part of the scan, and how far scores of them may be off. Not an approximation
// of an answer: the kernel uses them only to find the rows that are worth an exact score.

/** A query as levels of one step. */
export interface QueryLevels {
  /** `[d]`: the query over `step`, rounded. */
  readonly levels: Int16Array;
  readonly step: number;
  /** For every int8 row v, |v · levels − v · query / step| is at most this; the rounding of doubles is in it. */
  readonly slack: number;
}

/** The largest level of int16. */
const MAX_LEVEL = 32_767;

/** The largest magnitude in an int8 row. */
const MAX_ENTRY = 128;

/** Sums of products stay below it, so that with the slack they fit an int32. */
const MAX_SUM = 2 ** 30;

/** Below it every score is 0 in float32, whatever the scale of a row; levels would divide by next to nothing. */
const LEAST_MAGNITUDE = 2 ** -900;

/** What one operation on doubles may add to an error, with room to spare. */
const DOUBLE_ROUNDING = 2 ** -51;

/**
 * Makes the levels of a query. Where it is so near 0 that every score is 0, levels and slack are 0 as well.
 *
 * @param query `[d]`, finite
 */
export function queryLevels(query: ArrayLike<number>): QueryLevels {
  const dim = query.length;
  let largest = 0;
  for (let j = 0; j < dim; j++) largest = Math.max(largest, Math.abs(query[j]));
  const levels = new Int16Array(dim);
  if (largest < LEAST_MAGNITUDE) return { levels, step: 1, slack: 0 };
  const step = largest / Math.min(MAX_LEVEL, Math.floor(MAX_SUM / (MAX_ENTRY * dim)));
  let off = 0;
  let sum = 0;
  for (let j = 0; j < dim; j++) {
    const exact = query[j] / step;
    levels[j] = Math.round(exact);
    off += Math.abs(exact - levels[j]);
    sum += Math.abs(exact);
  }
  const rounding = sum * (dim + 4) * DOUBLE_ROUNDING; // d products, d sums, the scale
  return { levels, step, slack: Math.ceil(MAX_ENTRY * (off + rounding)) + 1 };
}
