// The memory of one index: the index file as it was stored, a mask of its rows and room for a search, in one block that
// the scan kernel reads. The file is written here as it arrives and decoded in place, so its vectors are held once.

import type { ItemColumns } from "../../shared/item-columns.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { queryLevels } from "./query-levels.ts";
import type { ScanKernel } from "./scan-kernel.ts";

/** What an index needs of its memory. */
export interface IndexShape {
  /** Bytes of the index file. */
  fileBytes: number;
  items: number;
  dim: number;
}

/** Rows, best first, and what each scores. */
export interface ScoredRows {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/** Where an index lies and how it is searched. */
export interface IndexMemory {
  /** Room for the index file, at an address that typed arrays can start at. */
  readonly file: Uint8Array;
  /** `[n]`: what a masked search takes, 1, and what it leaves, 0. */
  readonly mask: Uint8Array;
  /** All of it. */
  readonly bytes: number;
  /**
   * The best rows of each query, best first, equal scores by the lower row: what `topK` of `scan` gives, exactly, with the
   * scores of `scan`.
   *
   * @param columns decoded from `file`
   * @param queries `[q][d]`, q ≤ 8, finite
   * @param count at most 1,000
   */
  search(
    columns: ItemColumns,
    queries: readonly ArrayLike<number>[],
    options: { count: number; masked: boolean },
  ): ScoredRows[];
}

/** Address 0 stands for "no mask", so nothing lies there. */
const FILE_AT = 1024;

/** The kernel reads vectors in steps of so many numbers, so past the end of the last one. */
const READ_STEP = 16;

/** All queries go over one block of rows before the next: it fits the second cache of any processor beside the rest. */
const BLOCK_BYTES = 131_072;

/** The kernel takes four rows at a time. */
const ROW_STEP = 4;

/** Bytes that an index of this shape holds in memory. */
export function indexMemoryBytes(shape: IndexShape): number {
  return layOut(shape).bytes;
}

/** Makes the memory of an index. @param kernel makes a kernel with so many bytes of memory */
export function createIndexMemory(kernel: (bytes: number) => ScanKernel, shape: IndexShape): IndexMemory {
  const at = layOut(shape);
  const { memory, scan, sort } = kernel(at.bytes);
  const { buffer } = memory;

  /** Writes a query into its slot and returns what the kernel is told of it. */
  function place(query: ArrayLike<number>, slot: number) {
    const { levels, step, slack } = queryLevels(query);
    const start = at.queries + slot * at.query.bytes;
    const [numbersAt, levelsAt] = [start + at.query.numbers, start + at.query.levels];
    new Float64Array(buffer, numbersAt, query.length).set(query);
    new Int16Array(buffer, levelsAt, query.length).set(levels);
    return { numbersAt, levelsAt, step, slack, at: start + at.query.heap };
  }

  return {
    file: new Uint8Array(buffer, FILE_AT, shape.fileBytes),
    mask: new Uint8Array(buffer, at.mask, shape.items),
    bytes: buffer.byteLength,
    search({ vectors, scale, dim, size }, queries, { count, masked }) {
      if (queries.length > REQUEST_LIMITS.queries || count > REQUEST_LIMITS.count) {
        throw new RangeError(
          `a search has room for ${REQUEST_LIMITS.queries} queries and ${REQUEST_LIMITS.count} rows`,
        );
      }
      const heaps = queries.map((query, slot) => ({ ...place(query, slot), size: 0 }));
      const blockRows = Math.max(ROW_STEP, Math.floor(BLOCK_BYTES / dim / ROW_STEP) * ROW_STEP);
      for (let from = 0; from < size; from += blockRows) {
        for (const heap of heaps) {
          heap.size = scan(
            vectors.byteOffset,
            scale.byteOffset,
            dim,
            from,
            Math.min(size, from + blockRows),
            masked ? at.mask : 0,
            heap.levelsAt,
            heap.numbersAt,
            heap.step,
            heap.slack,
            heap.at,
            heap.size,
            count,
          );
        }
      }
      return heaps.map((heap) => {
        sort(heap.at, heap.size);
        return takeKeys(new Uint32Array(buffer, heap.at, 2 * heap.size));
      });
    },
  };
}

/** What the keys of kernel/scan.ts (`keyOf`) are made of: the row, and above it the score, its bits ordered. */
function takeKeys(keys: Uint32Array): ScoredRows {
  const rows = new Uint32Array(keys.length / 2);
  const bits = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    rows[i] = ~keys[2 * i]!;
    const ordered = keys[2 * i + 1]!;
    bits[i] = ordered >>> 31 === 0 ? ~ordered : ordered ^ 0x80000000;
  }
  return { rows, scores: new Float32Array(bits.buffer) };
}

/** Addresses, in the order of the memory. Those of a query's slot count from its start; what lies past d in it stays zero. */
function layOut({ fileBytes, items, dim }: IndexShape) {
  const padded = roundUp(dim, READ_STEP);
  const numbers = 0;
  const levels = numbers + padded * Float64Array.BYTES_PER_ELEMENT;
  const heap = levels + padded * Int16Array.BYTES_PER_ELEMENT;
  const queryBytes = heap + REQUEST_LIMITS.count * BigUint64Array.BYTES_PER_ELEMENT;
  const queries = roundUp(FILE_AT + fileBytes + READ_STEP, READ_STEP);
  const mask = queries + REQUEST_LIMITS.queries * queryBytes;
  return { queries, query: { numbers, levels, heap, bytes: queryBytes }, mask, bytes: mask + items };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
