/** Named weights as one array, so that they travel between threads and are averaged at once. */
import type { Weights } from "./jax.ts";

/** Where each weight stands in the array. */
export interface WeightLayout {
  readonly size: number;
  readonly parts: readonly { readonly name: string; readonly shape: readonly number[]; readonly from: number }[];
}

export function layoutOf(weights: Weights): WeightLayout {
  let size = 0;
  const parts = Object.entries(weights).map(([name, { shape, values }]) => {
    const from = size;
    size += values.length;
    return { name, shape, from };
  });
  return { size, parts };
}

export function flatten({ size, parts }: WeightLayout, weights: Weights): Float32Array {
  const flat = new Float32Array(size);
  for (const { name, from } of parts) flat.set(weights[name].values, from);
  return flat;
}

/** Copies: what becomes of the array later does not show. */
export function unflatten({ parts }: WeightLayout, flat: Float32Array): Weights {
  return Object.fromEntries(
    parts.map(({ name, shape, from }) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, values: flat.slice(from, from + length) }];
    }),
  );
}

/** The name of the weight that each entry of the array belongs to. */
export function nameAt({ parts }: WeightLayout, index: number): string {
  return parts.findLast(({ from }) => from <= index)!.name;
}
