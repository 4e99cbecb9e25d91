/**
 * How raw features are brought to one size: standardised by the training groups, then compressed like a logarithm on
 * both sides, since scores and counts have long tails. The constants end up inside the ranker's graph.
 */
export interface FeatureScale {
  readonly mean: Float32Array;
  /** 1 / standard deviation; 0 for a column that never varied, so that what was not learnt says nothing. */
  readonly inverseDeviation: Float32Array;
}

/** A deviation this small against the mean's size is rounding. */
const CONSTANT = 1e-6;

/** @param blocks row-major `[N, f]` each */
export function measureFeatureScale(blocks: readonly Float32Array[], columns: number): FeatureScale {
  const sum = new Float64Array(columns);
  const squares = new Float64Array(columns);
  let rows = 0;
  for (const block of blocks) {
    rows += block.length / columns;
    for (let i = 0; i < block.length; i++) sum[i % columns] += block[i];
  }
  const mean = sum.map((total) => total / Math.max(1, rows));
  for (const block of blocks) {
    for (let i = 0; i < block.length; i++) squares[i % columns] += (block[i] - mean[i % columns]) ** 2;
  }
  const inverseDeviation = Float32Array.from(squares, (total, j) => {
    const deviation = Math.sqrt(total / Math.max(1, rows));
    return deviation > CONSTANT * Math.max(1, Math.abs(mean[j])) ? 1 / deviation : 0;
  });
  return { mean: Float32Array.from(mean), inverseDeviation };
}

/** sign(z) · log(1 + |z|) of the standardised features. */
export function scaleFeatures(
  raw: Float32Array,
  { mean, inverseDeviation }: FeatureScale,
  out: Float32Array,
  at = 0,
): void {
  const columns = mean.length;
  for (let i = 0; i < raw.length; i++) {
    const z = (raw[i] - mean[i % columns]) * inverseDeviation[i % columns];
    out[at + i] = Math.sign(z) * Math.log1p(Math.abs(z));
  }
}
