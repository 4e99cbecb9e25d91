/**
 * Where a list is shown, as columns of a candidate: a 1 in that of its surface. What people take of a page that plays by itself and of a
 * small shelf beside something else differs more than what they take of two items, and so does what an item's length or appeal is worth.
 *
 * They are scaled as all columns are, so that 0 is the surface that nobody is on: what was not met is taken for the mean.
 */
import { type FeatureScale, scaleFeatures } from "./feature-scale.ts";
import type { Weights } from "./jax.ts";

/** One for each surface and one for all others; none where the log does not say. */
export function surfaceColumns(surfaces: readonly string[]): number {
  return surfaces.length === 0 ? 0 : surfaces.length + 1;
}

/**
 * What each surface adds to the hidden layer and to the logits: the columns of surfaces multiplied out, for a graph that is told the
 * surface of its list as a number.
 *
 * @param reads columns before those of surfaces
 * @returns `[surfaces, hidden]` and `[surfaces, heads]`
 */
export function surfaceTerms(
  { hiddenFeature, outFeature }: Weights,
  { mean, inverseDeviation }: FeatureScale,
  reads: number,
): Pick<Weights, "hidden" | "out"> {
  const count = mean.length - reads;
  const one = new Float32Array(count * count);
  for (let s = 0; s < count; s++) one[s * count + s] = 1;
  const scaled = new Float32Array(one.length);
  scaleFeatures(one, { mean: mean.slice(reads), inverseDeviation: inverseDeviation.slice(reads) }, scaled);
  for (let s = 0; s < count; s++) if (inverseDeviation[reads + s] === 0) scaled.fill(0, s * count, (s + 1) * count);
  const product = ({ shape: [, width], values }: Weights[string]) => {
    const terms = new Float32Array(count * width);
    for (let s = 0; s < count; s++) {
      for (let k = 0; k < count; k++) {
        const share = scaled[s * count + k];
        for (let j = 0; j < width; j++) terms[s * width + j] += share * values[(reads + k) * width + j];
      }
    }
    return { shape: [count, width], values: terms };
  };
  return { hidden: product(hiddenFeature), out: product(outFeature) };
}
