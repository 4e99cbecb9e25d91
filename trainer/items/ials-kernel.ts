/** The functions of kernel/ials.ts for one thread. Not what they work on: where things lie is ials-state.ts. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../package-root.ts";
import { wasm, type WasmMemory, type WasmModule } from "../webassembly.ts";

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

/** The kernel, compiled once a process: from the package, or, in a clone, from the sources, which takes seconds once. */
export function ialsKernelModule(): Promise<WasmModule> {
  return (compiled ??= findKernel().then(async (file) => wasm.compile(await readFile(file))));
}

export function createIalsKernel(module: WasmModule, memory: WasmMemory): IalsKernel {
  const { exports } = new wasm.Instance(module, { env: { memory } });
  return exports as unknown as IalsKernel; // what kernel/ials.ts exports
}

async function findKernel(): Promise<string> {
  const script = join(PACKAGE_ROOT, "scripts/build-kernel.ts");
  if (!existsSync(script)) return join(PACKAGE_ROOT, "dist/kernel/ials.wasm");
  await promisify(execFile)(process.execPath, [script, "ials"]);
  return join(PACKAGE_ROOT, "kernel/ials.wasm");
}
