/**
 * The little of jax-js that training needs on top of the library: its device, arrays from buffers, and the two
 * reductions whose own gradients are slow or unsafe. Not a model.
 *
 * jax-js counts references: a function owns its arguments, and every use but the last takes `.ref`.
 */
import { defaultDevice, init, lax, numpy as np } from "@jax-js/jax";
import { MASKED, NORM_EPSILON, TINY } from "./model-numbers.ts";

export type Tensor = np.Array;
/** Named parameters of one network. */
export type Params = Record<string, Tensor>;
/** The same as plain numbers, which outlive every device. */
export type Weights = Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/**
 * Makes wasm the device of every array made from now on.
 *
 * onnxruntime-web defines a global `Worker` in Node when it makes its first session. jax-js takes that for a browser
 * with threads and compiles kernels for a shared memory that it does not have, so the global is taken away again:
 * neither library needs it on one thread.
 */
export async function startJax(): Promise<void> {
  Reflect.deleteProperty(globalThis, "Worker");
  await init("wasm");
  defaultDevice("wasm");
}

export function tensor(values: Float32Array, shape: readonly number[]): Tensor {
  return np.array(values as Float32Array<ArrayBuffer>).reshape([...shape]);
}

export function scalar(value: number): Tensor {
  return np.array(value);
}

/** Puts weights on the device; the caller owns the result. */
export function toParams(weights: Weights): Params {
  return mapValues(weights, ({ values, shape }) => tensor(values, shape));
}

/** Reads parameters back and leaves them alive. */
export function toWeights(params: Params): Weights {
  return mapValues(params, (param) => ({
    shape: param.shape,
    values: Float32Array.from(param.ref.dataSync() as Float32Array),
  }));
}

export function zerosLike(params: Params): Params {
  return mapValues(params, (param) => np.zeros(param.shape));
}

/** One more reference to every parameter, for a function that will own them. */
export function keep(params: Params): Params {
  return mapValues(params, (param) => param.ref);
}

export function dispose(params: Params): void {
  for (const param of Object.values(params)) param.dispose();
}

/**
 * Softmax over the last axis of scores whose masked entries count as absent; a row without any entry gives zeros.
 *
 * @param scores `[…, n]`
 * @param mask broadcastable to scores, 1 for an entry, 0 for none
 */
export function maskedSoftmax(scores: Tensor, mask: Tensor): Tensor {
  const visible = scores.add(mask.ref.sub(1).mul(MASKED));
  const max = lax.stopGradient(np.max(visible.ref, -1, { keepdims: true }));
  const weights = np.exp(visible.sub(max)).mul(mask);
  const sum = np.sum(weights.ref, -1, { keepdims: true });
  return weights.div(sum.add(TINY));
}

/**
 * log Σ exp over the last axis. The maximum is only a shift, so no gradient flows through either use of it.
 *
 * `nn.logsumexp`, and the same with `keepdims`, are right too, but behind a matrix product jax-js then computes the
 * product again for every entry of the gradient: eight times slower, measured.
 */
export function logSumExp(scores: Tensor): Tensor {
  const leading = scores.shape.slice(0, -1);
  const max = lax.stopGradient(np.max(scores.ref, -1));
  const shifted = np.exp(scores.sub(max.ref.reshape([...leading, 1])));
  return np.log(np.sum(shifted, -1)).add(max);
}

/** Layer normalisation over the last axis with a gain. */
export function layerNorm(x: Tensor, gain: Tensor): Tensor {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  return centred.div(np.sqrt(variance.add(NORM_EPSILON))).mul(gain);
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
