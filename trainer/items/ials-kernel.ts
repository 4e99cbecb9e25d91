/** The functions of kernel/ials.ts for one thread. Not what they work on: where things lie is ials-state.ts. */
import { compileKernel } from "../wasm/kernel-module.ts";
import { wasm, type WasmMemory, type WasmModule } from "../wasm/webassembly.ts";

/** Addresses are bytes into the memory that all threads share. What the parameters mean stands in kernel/ials.ts. */
export interface IalsKernel {
  addGram(vectors: number, dim: number, from: number, to: number, into: number): void;
  rotate(vectors: number, dim: number, matrix: number, from: number, to: number, scratch: number): void;
  solve(
    dim: number,
    start: number,
    column: number,
    target: number,
    confidence: number,
    ridge: number,
    fixed: number,
    gram: number,
    solved: number,
    from: number,
    to: number,
    steps: number,
    scratch: number,
  ): void;
}

/** Vectors are padded with zeros to a multiple of this. */
export const KERNEL_LANES = 8;

/** Rows of scratch that a thread needs, `[KERNEL_SCRATCH_ROWS, dim]` f32. */
export const KERNEL_SCRATCH_ROWS = 4;

let compiled: Promise<WasmModule> | undefined;

/** The kernel, compiled once a process. */
export function ialsKernelModule(): Promise<WasmModule> {
  return (compiled ??= compileKernel("ials"));
}

export function createIalsKernel(module: WasmModule, memory: WasmMemory): IalsKernel {
  const { exports } = new wasm.Instance(module, { env: { memory } });
  return exports as unknown as IalsKernel; // what kernel/ials.ts exports
}
