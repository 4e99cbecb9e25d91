/**
 * Adam with decoupled decay (Kingma & Ba 2015; Loshchilov & Hutter 2019) on arrays in the kernel's memory, for parameters whose
 * slopes are gathered from several threads. The twin that jax-js compiles with its loss is in `adam.ts`.
 */
import type { EncoderSpace } from "./encoder-kernel.ts";

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

/** Entries that the kernel takes at once. */
const LANES = 4;

export interface FlatAdam {
  /** The parameters as they are now; the same array at every step. */
  readonly values: Float32Array;
  /** Their slopes, which the caller sets before a step. */
  readonly slope: Float32Array;
  step(learningRate: number): void;
}

/**
 * @param start is copied
 * @param decayOf times the learning rate, this share of a value is gone each step
 * @param home times the learning rate, this share of the way back to the start is gone each step
 */
export function createFlatAdam(
  { kernel, arrays }: EncoderSpace,
  start: Float32Array,
  { decayOf = () => 0, home = 0 }: { readonly decayOf?: (index: number) => number; readonly home?: number },
): FlatAdam {
  const count = Math.ceil(start.length / LANES) * LANES;
  const [values, slope, mean, square, decay] = Array.from({ length: 5 }, () => arrays.floats(count));
  values.set(start);
  start.forEach((_, i) => (decay[i] = decayOf(i)));
  const origin = home > 0 ? arrays.floats(count) : undefined;
  origin?.set(start);
  let steps = 0;
  return {
    values: values.subarray(0, start.length),
    slope: slope.subarray(0, start.length),
    step(learningRate) {
      steps++;
      kernel.adam(
        values.byteOffset,
        slope.byteOffset,
        mean.byteOffset,
        square.byteOffset,
        decay.byteOffset,
        count,
        learningRate,
        1 - MEAN_DECAY,
        1 - SQUARE_DECAY,
        1 - MEAN_DECAY ** steps,
        1 - SQUARE_DECAY ** steps,
        EPSILON,
      );
      if (origin) kernel.blend(values.byteOffset, origin.byteOffset, 1 - learningRate * home, count);
    },
  };
}

/** A running average of parameters (Polyak & Juditsky 1992), which serves better than where the last step left them. */
export function createAverage({ kernel, arrays }: EncoderSpace, start: Float32Array, decay: number) {
  const average = arrays.floats(start.length);
  average.set(start);
  let steps = 0;
  return {
    /** Valid until the next `add`. */
    average,
    /** @param values in the kernel's memory */
    add(values: Float32Array): void {
      steps++;
      // Of the first steps it is their plain mean: where training began says nothing.
      const kept = Math.min(decay, (steps - 1) / steps);
      kernel.blend(average.byteOffset, values.byteOffset, kept, values.length);
    },
  };
}
