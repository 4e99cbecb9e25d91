/**
 * Adam with decoupled decay (Kingma & Ba 2015; Loshchilov & Hutter 2019) on plain arrays, for parameters whose gradients
 * are gathered from several threads. The twin that jax-js compiles with its loss is in `adam.ts`.
 */

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

export interface FlatAdam {
  /** The parameters as they are now; the same array at every step. */
  readonly values: Float32Array;
  step(gradient: Float32Array, learningRate: number): void;
}

/**
 * @param values are changed in place
 * @param decayOf times the learning rate, this share of the way to `towards` is gone each step
 * @param towards zeros by default
 */
export function createFlatAdam(
  values: Float32Array,
  decayOf: (index: number) => number,
  towards: Float32Array = new Float32Array(values.length),
): FlatAdam {
  const mean = new Float32Array(values.length);
  const square = new Float32Array(values.length);
  const decay = Float32Array.from(values, (_, i) => decayOf(i));
  let steps = 0;
  return {
    values,
    step(gradient, learningRate) {
      steps++;
      const meanBias = 1 - MEAN_DECAY ** steps;
      const squareBias = 1 - SQUARE_DECAY ** steps;
      for (let i = 0; i < values.length; i++) {
        const slope = gradient[i];
        mean[i] = MEAN_DECAY * mean[i] + (1 - MEAN_DECAY) * slope;
        square[i] = SQUARE_DECAY * square[i] + (1 - SQUARE_DECAY) * slope * slope;
        const move = mean[i] / meanBias / (Math.sqrt(square[i] / squareBias) + EPSILON);
        values[i] -= learningRate * (move + decay[i] * (values[i] - towards[i]));
      }
    },
  };
}

/** A running average of parameters (Polyak & Juditsky 1992), which serves better than where the last step left them. */
export function createAverage(start: Float32Array, decay: number) {
  const average = start.slice();
  let steps = 0;
  return {
    /** Valid until the next `add`. */
    average,
    add(values: Float32Array): void {
      steps++;
      // Of the first steps it is their plain mean: where training began says nothing.
      const kept = Math.min(decay, (steps - 1) / steps);
      for (let i = 0; i < values.length; i++) average[i] = kept * average[i] + (1 - kept) * values[i];
    },
  };
}
