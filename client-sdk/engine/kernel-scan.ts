/**
 * The scan of a table by the scores kernel (kernel/scores.ts), and the plain one where wasm is refused: a content security
 * policy may forbid it. To the bit the same, so nobody can tell but by the clock.
 */
import type { ItemColumns } from "../../shared/item-columns.ts";
import { plainScan } from "../../shared/scan.ts";
import type { Scan } from "../../shared/scan.ts";

/** The kernel as base64, put here by the build; absent where the sources run as they are, in Node. */
declare const SCORES_KERNEL: string | undefined;

/** What kernel/scores.ts exports; addresses are bytes into the memory. */
interface ScoresKernel {
  scores(vectors: number, scale: number, dim: number, n: number, numbers: number, out: number): void;
}

const PAGE_BYTES = 65_536;
/** Numbers that the kernel reads at a time. */
const STEP = 8;
/** Fewer rows take a tenth of a millisecond either way, and no memory. */
const LEAST_ROWS = 2_000;

/**
 * Makes scans of tables by one kernel in one memory. The table that was scanned last lies in it: of those that there are,
 * one is in use, and browsers set gigabytes of addresses aside for each memory, whatever its size.
 */
export function createKernelScan(module: WebAssembly.Module): (columns: ItemColumns) => Scan {
  let kernel: { readonly memory: WebAssembly.Memory; readonly scores: ScoresKernel["scores"] } | undefined;
  let inMemory: ItemColumns | undefined;

  /** The kernel with room for so many bytes. @throws RangeError where there is no memory for it */
  function withRoom(bytes: number): NonNullable<typeof kernel> {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (!kernel) {
      const memory = new WebAssembly.Memory({ initial: pages });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      kernel = { memory, ...(exports as unknown as ScoresKernel) }; // what kernel/scores.ts exports
    }
    const missing = pages - kernel.memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) kernel.memory.grow(missing);
    return kernel;
  }

  return (columns) => {
    const plain = plainScan(columns);
    if (columns.size < LEAST_ROWS) return plain;
    const { size, dim, vectors, scale } = columns;
    const numbersAt = STEP;
    const scaleAt = numbersAt + 8 * (dim + STEP);
    const outAt = scaleAt + 4 * size;
    const vectorsAt = outAt + 4 * size;

    function scan(queries: readonly ArrayLike<number>[], out: readonly Float32Array[]): void {
      const { memory, scores } = withRoom(vectorsAt + size * dim + STEP);
      const numbers = new Float64Array(memory.buffer, numbersAt, dim + STEP);
      if (inMemory !== columns) {
        new Int8Array(memory.buffer, vectorsAt, size * dim).set(vectors.subarray(0, size * dim));
        new Float32Array(memory.buffer, scaleAt, size).set(scale.subarray(0, size));
        numbers.fill(0);
        inMemory = columns;
      }
      const found = new Float32Array(memory.buffer, outAt, size);
      queries.forEach((query, q) => {
        numbers.set(query);
        scores(vectorsAt, scaleAt, dim, size, numbersAt, outAt);
        out[q]!.set(found);
      });
    }

    return (queries, out) => {
      try {
        scan(queries, out);
      } catch {
        plain(queries, out);
      }
    };
  };
}

let scanOf: ((columns: ItemColumns) => Scan) | undefined;

/** Makes the scan of a table; the kernel is compiled when the first table needs it, which takes no time at 331 bytes. */
export function kernelScan(columns: ItemColumns): Scan {
  scanOf ??= compiled() ?? plainScan;
  return scanOf(columns);
}

function compiled(): typeof scanOf {
  if (typeof SCORES_KERNEL !== "string") return undefined;
  try {
    return createKernelScan(new WebAssembly.Module(Uint8Array.from(atob(SCORES_KERNEL), (char) => char.charCodeAt(0))));
  } catch {
    return undefined; // No wasm on this page.
  }
}
