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
/** Fewer rows are scanned sooner than copied. */
const LEAST_ROWS = 256;

let compiled: { readonly module: WebAssembly.Module | undefined } | undefined;

/** Compiled once, when the first table needs it: half a kilobyte takes no time. */
function kernelModule(): WebAssembly.Module | undefined {
  if (!compiled) {
    let module: WebAssembly.Module | undefined;
    try {
      if (typeof SCORES_KERNEL === "string") {
        module = new WebAssembly.Module(Uint8Array.from(atob(SCORES_KERNEL), (char) => char.charCodeAt(0)));
      }
    } catch {
      // No wasm on this page.
    }
    compiled = { module };
  }
  return compiled.module;
}

/** @param module the kernel, compiled; undefined: none */
export function kernelScan(columns: ItemColumns, module = kernelModule()): Scan {
  return (module && columns.size >= LEAST_ROWS && inMemory(module, columns)) || plainScan(columns);
}

/** Undefined where there is no memory for it. */
function inMemory(module: WebAssembly.Module, { size, dim, vectors, scale }: ItemColumns): Scan | undefined {
  const numbersAt = STEP;
  const scaleAt = numbersAt + 8 * (dim + STEP);
  const outAt = scaleAt + 4 * size;
  const vectorsAt = outAt + 4 * size;
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((vectorsAt + size * dim + STEP) / PAGE_BYTES) });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const { scores } = exports as unknown as ScoresKernel; // what kernel/scores.ts exports
    new Int8Array(memory.buffer, vectorsAt, size * dim).set(vectors.subarray(0, size * dim));
    new Float32Array(memory.buffer, scaleAt, size).set(scale.subarray(0, size));
    const numbers = new Float64Array(memory.buffer, numbersAt, dim);
    const found = new Float32Array(memory.buffer, outAt, size);
    return (queries, out) => {
      queries.forEach((query, q) => {
        numbers.set(query);
        scores(vectorsAt, scaleAt, dim, size, numbersAt, outAt);
        out[q]!.set(found);
      });
    };
  } catch {
    return undefined;
  }
}
