/** One factor that brings item vectors to entries of size 1, whatever factorisation made them. Ends up in the graphs. */

/** 1 / root mean square over the rows that are not all zero; 1 where all are. */
export function measureVectorScale(vectors: Float32Array, dim: number): number {
  let squares = 0;
  let rows = 0;
  for (let at = 0; at < vectors.length; at += dim) {
    let square = 0;
    for (let a = 0; a < dim; a++) square += vectors[at + a] ** 2;
    if (square > 0) rows++;
    squares += square;
  }
  // Rounded to what the graph stores, so that training sees the same number.
  return rows > 0 ? Math.fround(1 / Math.sqrt(squares / (rows * dim))) : 1;
}

export function scaleVectors(vectors: Float32Array, factor: number): Float32Array {
  return vectors.map((x) => x * factor);
}
