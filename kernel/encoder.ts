/**
 * The encoder's kernel: what trainer/deep spends its time on, in float32 SIMD. Products of matrices, layer normalisation, attention
 * and the softmax over items, each with its slope.
 *
 * This file says what it exports; how each works is in encoder/. AssemblyScript, compiled to encoder.wasm by
 * scripts/build-kernel.ts, and once more to encoder-fused.wasm for machines whose WebAssembly multiplies and adds at once. It owns
 * no memory and keeps no state. Addresses are bytes; sizes and strides are
 * entries of four bytes. What is done with it, and in which order, is trainer/deep/encoder-pass.ts; its twin is jax-js.
 */
export { attend, attendBack } from "./encoder/attention";
export { add, addScaled, dot, scale, scatter } from "./encoder/entries";
export { normalise, normaliseBack, rectify, rectifyBack } from "./encoder/layers";
export { multiply, transpose } from "./encoder/products";
export { decide } from "./encoder/softmax";
export { adam, blend } from "./encoder/steps";
