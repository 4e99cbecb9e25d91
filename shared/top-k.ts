/**
 * The k best of n scores, in order: one pass into a buffer of 2k, which is cut back to its best k whenever it is full.
 * A heap of k does the same, but mispredicts a branch at every level of every step.
 */

/**
 * Rows of the k largest scores, best first; equal scores keep the lower row first. Rows with a score of −Infinity or NaN
 * are never taken, so a filter may write −Infinity.
 */
export function topK(scores: ArrayLike<number>, k: number): Uint32Array {
  const count = Math.min(Math.max(k, 0), scores.length);
  if (count === 0) return new Uint32Array(0);
  const room = Math.min(2 * count, scores.length);
  const best: Scored = { score: new Float64Array(room), row: new Uint32Array(room) };
  let size = 0;
  /** At least `count` rows so far are as good or better, and all of them are lower rows. */
  let least = -Infinity;
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (!(score > least)) continue;
    if (size === room) {
      select(best, count, size);
      size = count;
      least = worstOf(best.score, count);
      if (!(score > least)) continue;
    }
    best.score[size] = score;
    best.row[size++] = row;
  }
  if (size > count) select(best, count, size);
  const taken = Math.min(size, count);
  sort(best, 0, taken - 1);
  return best.row.slice(0, taken);
}

/** Rows beside their scores: whatever array the caller has, numbers of one kind are compared. */
interface Scored {
  readonly score: Float64Array;
  readonly row: Uint32Array;
}

/** Brings the best `count` of the first `size` to the front, in any order (Hoare 1961, FIND). */
function select(all: Scored, count: number, size: number): void {
  let from = 0;
  let to = size - 1;
  while (from < to) {
    const end = partition(all, from, to);
    if (end === count - 1) return;
    if (end < count) from = end + 1;
    else to = end;
  }
}

/** Best first. */
function sort(all: Scored, from: number, to: number): void {
  while (from < to) {
    const end = partition(all, from, to);
    // The longer part is left to the loop, so the depth is the logarithm of the length at most.
    if (end - from < to - end - 1) {
      sort(all, from, end);
      from = end + 1;
    } else {
      sort(all, end + 1, to);
      to = end;
    }
  }
}

/** Brings what is better than a pivot before what is worse. @returns the last place of the first part, before `to` */
function partition({ score, row }: Scored, from: number, to: number): number {
  // The middle one: what is in order already falls into halves.
  const middle = (from + to) >> 1;
  const pivot = score[middle]!;
  const pivotRow = row[middle]!;
  let left = from - 1;
  let right = to + 1;
  for (;;) {
    do left++;
    while (score[left]! > pivot || (score[left] === pivot && row[left]! < pivotRow));
    do right--;
    while (score[right]! < pivot || (score[right] === pivot && row[right]! > pivotRow));
    if (left >= right) return right;
    const better = score[right]!;
    score[right] = score[left]!;
    score[left] = better;
    const betterRow = row[right]!;
    row[right] = row[left]!;
    row[left] = betterRow;
  }
}

function worstOf(score: Float64Array, count: number): number {
  let worst = Infinity;
  for (let n = 0; n < count; n++) worst = Math.min(worst, score[n]!);
  return worst;
}
