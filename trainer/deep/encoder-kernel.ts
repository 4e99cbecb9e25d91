/** The functions of kernel/encoder.ts for one thread. Not what they work on: that is `encoder-pass.ts` and `next-item-pass.ts`. */
import { compileKernel } from "../wasm/kernel-module.ts";
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
  attend(scores: number, rows: number, width: number, factor: number, bias: number, tiny: number): void;
  attendBack(
    weights: number,
    slope: number,
    rows: number,
    width: number,
    factor: number,
    biasSlope: number,
  ): void;
  decide(
    scores: number,
    rows: number,
    others: number,
    taken: number,
    other: number,
    item: number,
    wanted: number,
    weight: number,
  ): number;
}

let compiled: Promise<WasmModule> | undefined;

/** The kernel, compiled once a process: the one that multiplies and adds at once, or, where Node cannot run it, the other. */
export function encoderKernelModule(): Promise<WasmModule> {
  return (compiled ??= compileKernel("encoder-fused").catch(() => compileKernel("encoder")));
}

export function createEncoderKernel(module: WasmModule, memory: WasmMemory): EncoderKernel {
  const { exports } = new wasm.Instance(module, { env: { memory } });
  return exports as unknown as EncoderKernel; // what kernel/encoder.ts exports
}
