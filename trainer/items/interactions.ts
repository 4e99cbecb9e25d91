/**
 * Who liked what, without order: one entry for each (user, item), as compressed rows. This is what iALS learns from.
 *
 * Not the dataset: times, kinds of events and repeated events are gone.
 */

/** Compressed sparse rows. Row r owns entries `start[r]` to `start[r + 1]`. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  /** `[rows + 1]` */
  readonly start: Uint32Array;
  readonly column: Uint32Array;
  /** y: what the vectors' product should be. */
  readonly target: Float32Array;
  /** c: how much it counts. */
  readonly confidence: Float32Array;
}

/** Swaps rows and columns; entries of a row come out in ascending column order. */
export function transpose(matrix: SparseRows): SparseRows {
  const { rows, columns, start, column, target, confidence } = matrix;
  const newStart = new Uint32Array(columns + 1);
  for (let e = 0; e < column.length; e++) newStart[column[e] + 1]++;
  for (let c = 0; c < columns; c++) newStart[c + 1] += newStart[c];
  const next = newStart.slice(0, columns);
  const newColumn = new Uint32Array(column.length);
  const newTarget = new Float32Array(column.length);
  const newConfidence = new Float32Array(column.length);
  for (let r = 0; r < rows; r++) {
    for (let e = start[r]; e < start[r + 1]; e++) {
      const at = next[column[e]]++;
      newColumn[at] = r;
      newTarget[at] = target[e];
      newConfidence[at] = confidence[e];
    }
  }
  return { rows: columns, columns: rows, start: newStart, column: newColumn, target: newTarget, confidence: newConfidence };
}
