/**
 * One compiled training step: loss, gradients and Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov &
 * Hutter 2019). Not a schedule and not a loop.
 */
import { jit, numpy as np, valueAndGrad } from "@jax-js/jax";
import { dispose, type Params, scalar, type Tensor, zerosLike } from "./jax.ts";

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

export interface Optimizer extends Disposable {
  /** Parameters as they are now; owned by the optimizer. */
  readonly params: Params;
  /** Takes a step and returns the loss before it. Owns the batch. */
  step(batch: Tensor[], learningRate: number): number;
}

/**
 * @param loss owns its arguments and returns a scalar
 * @param weightDecay by parameter name; times the learning rate it is taken from the parameter each step
 */
export function createAdam(
  params: Params,
  loss: (params: Params, ...batch: Tensor[]) => Tensor,
  weightDecay: (name: string) => number,
): Optimizer {
  const names = Object.keys(params);
  const gradients = valueAndGrad(loss);
  const update = jit((now: Params, mean: Params, square: Params, rate: Tensor, step: Tensor, ...batch: Tensor[]) => {
    const held = Object.fromEntries(names.map((name) => [name, now[name].ref]));
    const [value, gradient] = gradients(held, ...batch) as [Tensor, Params];
    const meanBias = np.subtract(1, np.exp(step.ref.mul(Math.log(MEAN_DECAY))));
    const squareBias = np.subtract(1, np.exp(step.mul(Math.log(SQUARE_DECAY))));
    const next: [Params, Params, Params] = [{}, {}, {}];
    for (const name of names) {
      const slope = gradient[name];
      const m = mean[name].mul(MEAN_DECAY).add(slope.ref.mul(1 - MEAN_DECAY));
      const v = square[name].mul(SQUARE_DECAY).add(np.square(slope).mul(1 - SQUARE_DECAY));
      const spread = np.sqrt(v.ref.div(squareBias.ref)).add(EPSILON);
      const move = m.ref
        .div(meanBias.ref)
        .div(spread)
        .add(now[name].ref.mul(weightDecay(name)));
      next[0][name] = now[name].sub(move.mul(rate.ref));
      next[1][name] = m;
      next[2][name] = v;
    }
    meanBias.dispose();
    squareBias.dispose();
    rate.dispose();
    return [...next, value] as [Params, Params, Params, Tensor];
  });

  let [mean, square] = [zerosLike(params), zerosLike(params)];
  let steps = 0;
  return {
    get params() {
      return params;
    },
    step(batch, learningRate) {
      let value: Tensor;
      steps++;
      [params, mean, square, value] = update(params, mean, square, scalar(learningRate), scalar(steps), ...batch);
      return (value.dataSync() as Float32Array)[0];
    },
    [Symbol.dispose]() {
      for (const group of [params, mean, square]) dispose(group);
      update.dispose();
    },
  };
}

/** Steps over which the learning rate rises from zero: Adam's first estimates are of a few gradients only. */
const WARM_UP_STEPS = 30;

/** Warm-up, then a half cosine down to zero at `total`. */
export function learningRateAt(step: number, total: number, peak: number): number {
  const warm = Math.min(1, (step + 1) / WARM_UP_STEPS);
  return peak * warm * 0.5 * (1 + Math.cos((Math.PI * step) / total));
}
