/** Gram matrices and rotations of vector tables, a range of rows at a time. */

/** Adds Σ v vᵀ of rows `from` to `to` to the lower triangle of `into` `[dim, dim]`. */
export function addGram(vectors: Float32Array, dim: number, from: number, to: number, into: Float64Array): void {
  for (let row = from; row < to; row++) {
    const at = row * dim;
    for (let i = 0; i < dim; i++) {
      const x = vectors[at + i];
      for (let j = 0; j <= i; j++) into[i * dim + j] += x * vectors[at + j];
    }
  }
}

/** Copies the lower triangle to the upper one. */
export function mirror(matrix: Float64Array, dim: number): void {
  for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) matrix[j * dim + i] = matrix[i * dim + j];
}

/** The Gram matrix of a whole table, both triangles. */
export function gramOf(vectors: Float32Array, dim: number): Float64Array {
  const gram = new Float64Array(dim * dim);
  addGram(vectors, dim, 0, vectors.length / dim, gram);
  mirror(gram, dim);
  return gram;
}

/** Replaces rows `from` to `to` by v·M. @param matrix `[dim, dim]` row-major, `dim` even */
export function rotateRows(vectors: Float32Array, dim: number, matrix: Float64Array, from: number, to: number): void {
  const out = new Float64Array(dim);
  for (let row = from; row < to; row++) {
    const at = row * dim;
    out.fill(0);
    for (let i = 0; i < dim; i += 2) {
      const x = vectors[at + i];
      const y = vectors[at + i + 1];
      if (x === 0 && y === 0) continue;
      const below = (i + 1) * dim;
      for (let j = 0; j < dim; j++) out[j] += x * matrix[i * dim + j] + y * matrix[below + j];
    }
    for (let j = 0; j < dim; j++) vectors[at + j] = out[j];
  }
}
