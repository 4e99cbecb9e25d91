/** The rival that is a line: logistic regression with a ridge, by Newton's method, on features scaled as the ranker scales them. */
import { measureFeatureScale, scaleFeatures } from "../../trainer/deep/feature-scale.ts";
import { choleskyInPlace, choleskySolveInPlace } from "../../trainer/math/cholesky.ts";

/** Steps: the log loss stands still after six. */
const STEPS = 10;

/**
 * Log-odds of the test rows.
 *
 * @param train `[n, columns]`
 * @param label `[n]` 0 or 1
 * @param test `[m, columns]`
 * @param ridge in rows: what pulls each weight to 0
 */
export function logisticRegression(
  train: Float32Array,
  label: Uint8Array,
  test: Float32Array,
  { columns, ridge }: { readonly columns: number; readonly ridge: number },
): Float64Array {
  const scale = measureFeatureScale([train], columns);
  const scaled = (raw: Float32Array) => {
    const out = new Float32Array(raw.length);
    scaleFeatures(raw, scale, out);
    return out;
  };
  const rows = scaled(train);
  const size = columns + 1;
  const weights = new Float64Array(size);
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((weight, c) => (c < columns ? -ridge * weight : 0));
    const hessian = new Float64Array(size * size);
    for (let c = 0; c < size; c++) hessian[c * size + c] = c < columns ? ridge : 1;
    const x = new Float64Array(size);
    for (let i = 0; i < label.length; i++) {
      for (let c = 0; c < columns; c++) x[c] = rows[i * columns + c];
      x[columns] = 1;
      let odds = 0;
      for (let c = 0; c < size; c++) odds += weights[c] * x[c];
      const chance = 1 / (1 + Math.exp(-odds));
      const curve = chance * (1 - chance);
      for (let c = 0; c < size; c++) {
        gradient[c] += (label[i] - chance) * x[c];
        const bent = curve * x[c];
        if (bent === 0) continue;
        for (let d = 0; d <= c; d++) hessian[c * size + d] += bent * x[d];
      }
    }
    choleskyInPlace(hessian, size);
    choleskySolveInPlace(hessian, size, gradient);
    for (let c = 0; c < size; c++) weights[c] += gradient[c];
  }
  const asked = scaled(test);
  return Float64Array.from({ length: asked.length / columns }, (_, i) => {
    let odds = weights[columns];
    for (let c = 0; c < columns; c++) odds += weights[c] * asked[i * columns + c];
    return odds;
  });
}
