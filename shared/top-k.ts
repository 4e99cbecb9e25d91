/**
 * The k best of n scores, in order. A bounded heap: one pass, k slots, no copy of the scores.
 */

/**
 * Rows of the k largest scores, best first; equal scores keep the lower row first. Rows with a score of −Infinity or NaN
 * are never taken, so a filter may write −Infinity.
 */
export function topK(scores: ArrayLike<number>, k: number): Uint32Array {
  const heap = new Uint32Array(Math.min(Math.max(k, 0), scores.length));
  let size = 0;
  /** The least score in a full heap. */
  let least = -Infinity;
  const worse = (a: number, b: number) => scores[a]! < scores[b]! || (scores[a] === scores[b] && a > b);
  for (let row = 0; row < scores.length; row++) {
    // Of equal scores the lower row stays, and that one is in the heap already.
    if (!(scores[row]! > least)) continue;
    if (size < heap.length) {
      heap[size] = row;
      siftUp(heap, size++, worse);
    } else if (size > 0) {
      heap[0] = row;
      siftDown(heap, 0, size, worse);
    }
    if (size > 0 && size === heap.length) least = scores[heap[0]!]!;
  }
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0]!;
    heap[0] = heap[end]!;
    heap[end] = worst;
    siftDown(heap, 0, end, worse);
  }
  return heap.slice(0, size);
}

type Worse = (a: number, b: number) => boolean;

function siftUp(heap: Uint32Array, at: number, worse: Worse): void {
  const row = heap[at]!;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!worse(row, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = row;
}

function siftDown(heap: Uint32Array, at: number, size: number, worse: Worse): void {
  const row = heap[at]!;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && worse(heap[child + 1]!, heap[child]!)) child++;
    if (!worse(heap[child]!, row)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = row;
}
