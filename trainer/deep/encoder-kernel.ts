/** The functions of kernel/encoder.ts for one thread. Not what they work on: that is `encoder-pass.ts` and `next-item-pass.ts`. */
import { compileKernel } from "../wasm/kernel-module.ts";
import { createSharedArrays, type SharedArrays } from "../wasm/shared-memory.ts";
import { wasm, type WasmMemory, type WasmModule } from "../wasm/webassembly.ts";

/** Addresses are bytes, strides and sizes entries. What the parameters mean stands in kernel/encoder.ts. */
export interface EncoderKernel {
  multiply(
    c: number,
    cRow: number,
    a: number,
    aRow: number,
    aTerm: number,
    b: number,
    bRow: number,
    rows: number,
    columns: number,
    terms: number,
    adds: boolean,
  ): void;
  transpose(from: number, fromRow: number, rows: number, columns: number, to: number, toRow: number): void;
  normalise(
    x: number,
    gain: number,
    rows: number,
    dim: number,
    epsilon: number,
    out: number,
    normed: number,
    inverse: number,
  ): void;
  normaliseBack(
    slope: number,
    gain: number,
    normed: number,
    inverse: number,
    rows: number,
    dim: number,
    into: number,
    gainSlope: number,
  ): void;
  rectify(x: number, bias: number, rows: number, columns: number): void;
  rectifyBack(slope: number, out: number, rows: number, columns: number, biasSlope: number): void;
  add(into: number, from: number, count: number): void;
  addScaled(into: number, a: number, factor: number, count: number): void;
  scale(out: number, a: number, b: number, count: number): void;
  dot(a: number, b: number, count: number): number;
  scatter(into: number, from: number, row: number, count: number, dim: number): void;
  blend(into: number, from: number, kept: number, count: number): void;
  adam(
    values: number,
    slope: number,
    mean: number,
    square: number,
    decay: number,
    count: number,
    rate: number,
    meanRate: number,
    squareRate: number,
    meanBias: number,
    squareBias: number,
    epsilon: number,
  ): void;
  attend(scores: number, rows: number, width: number, factor: number, bias: number, tiny: number): void;
  attendBack(weights: number, slope: number, rows: number, width: number, factor: number, biasSlope: number): void;
  decide(
    scores: number,
    panels: number,
    rows: number,
    width: number,
    taken: number,
    other: number,
    item: number,
    wanted: number,
    weight: number,
  ): number;
}

/** A kernel and the memory that it works in. */
export interface EncoderSpace {
  readonly kernel: EncoderKernel;
  readonly arrays: SharedArrays;
}

let compiled: Promise<WasmModule> | undefined;

/** Compiled once a process is the kernel that multiplies and adds at once, or, where Node cannot run it, the other. */
export async function createEncoderSpace(): Promise<EncoderSpace> {
  compiled ??= compileKernel("encoder-fused").catch((error: Error) => {
    if (error.name !== "CompileError") throw error;
    return compileKernel("encoder");
  });
  const arrays = createSharedArrays();
  return { arrays, kernel: createEncoderKernel(await compiled, arrays.memory) };
}

export function createEncoderKernel(module: WasmModule, memory: WasmMemory): EncoderKernel {
  const { exports } = new wasm.Instance(module, { env: { memory } });
  return exports as unknown as EncoderKernel; // what kernel/encoder.ts exports
}
