/** Small and full-size networks with random weights, and random inputs for them. */
import { initialEncoder } from "../../../../../trainer/deep/encoder.ts";
import type { FeatureScale } from "../../../../../trainer/deep/feature-scale.ts";
import type { Weights } from "../../../../../trainer/deep/jax.ts";
import { CONTEXT_SIZE, type ModelShape, SIGNAL_SIZE } from "../../../../../trainer/deep/model-shape.ts";
import { initialRanker } from "../../../../../trainer/deep/ranker.ts";
import { createRandom, normal, type Random } from "../../../../../trainer/math/random.ts";

export const FULL: ModelShape = { dim: 64, events: 50, features: 105 };
export const VECTOR_SCALE = 2.5;

/** Starting weights with noise on every one, so that nothing is zero by design. */
export function noisyWeights(shape: ModelShape, seed: number): { encoder: Weights; ranker: Weights } {
  const random = createRandom(seed);
  const noisy = (weights: Weights): Weights =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { shape: size, values }]) => [
        name,
        { shape: size, values: values.map((value) => value + 0.1 * normal(random)) },
      ]),
    );
  return { encoder: noisy(initialEncoder(shape, seed)), ranker: noisy(initialRanker(shape, seed)) };
}

export function randomScale(columns: number, random: Random): FeatureScale {
  return { mean: normals(columns, random), inverseDeviation: normals(columns, random).map(Math.abs) };
}

export interface HistoryArrays {
  readonly vector: Float32Array;
  readonly signal: Float32Array;
  readonly age: Float32Array;
  readonly mask: Float32Array;
  readonly context: Float32Array;
}

/** A history of `count` events. */
export function randomHistory({ dim, events }: ModelShape, count: number, random: Random): HistoryArrays {
  const first = events - count;
  const kept = (values: Float32Array, width: number) => values.fill(0, 0, first * width);
  return {
    vector: kept(normals(events * dim, random), dim),
    signal: kept(normals(events * SIGNAL_SIZE, random).map(Math.abs), SIGNAL_SIZE),
    age: kept(
      Float32Array.from({ length: events }, (_, row) => (events - 1 - row) ** 1.5),
      1,
    ),
    mask: new Float32Array(events).fill(1, first),
    context: Float32Array.of(2.5, 17, 3, count, 1),
  };
}

export interface ListArrays {
  readonly candidate: Float32Array;
  readonly feature: Float32Array;
}

export function randomList({ dim, features }: ModelShape, count: number, random: Random): ListArrays {
  return { candidate: normals(count * dim, random), feature: normals(count * features, random).map((x) => 10 * x) };
}

export function normals(count: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => normal(random));
}

/** The context at the newest row, zeros before: only there is the encoder asked. `[L, 5]` */
export function contextRows(context: Float32Array, events: number): Float32Array {
  const rows = new Float32Array(events * CONTEXT_SIZE);
  rows.set(context, (events - 1) * CONTEXT_SIZE);
  return rows;
}
