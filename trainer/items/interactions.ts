/**
 * Who liked what, without order: one entry for each (user, item), as compressed rows. This is what iALS learns from.
 *
 * Not the dataset: times, kinds of events and repeated events are gone.
 */

import type { Dataset } from "../read/dataset.ts";
import type { EventSignals } from "./event-signals.ts";

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
  return {
    rows: columns,
    columns: rows,
    start: newStart,
    column: newColumn,
    target: newTarget,
    confidence: newConfidence,
  };
}

/**
 * The standing signal of every (user, item): explicit beats observed, the latest explicit wins, else the most confident;
 * the rule of `shared/signals.ts`, for a history seen as one list.
 */
export function interactionsOf(dataset: Dataset, signals: EventSignals): SparseRows {
  const { start, item } = dataset.events;
  const rows = dataset.users.length;
  const columns = dataset.items.length;
  const newStart = new Uint32Array(rows + 1);
  const entries: number[] = [];
  const standing = new Int32Array(columns).fill(-1);
  for (let u = 0; u < rows; u++) {
    const items: number[] = [];
    for (let e = start[u]; e < start[u + 1]; e++) {
      if (!(signals.confidence[e] > 0)) continue;
      const before = standing[item[e]];
      if (before < 0) items.push(item[e]);
      else if (!stands(signals, e, before)) continue;
      standing[item[e]] = e;
    }
    items.sort((a, b) => a - b);
    for (const i of items) {
      entries.push(standing[i]);
      standing[i] = -1;
    }
    newStart[u + 1] = entries.length;
  }
  return {
    rows,
    columns,
    start: newStart,
    column: Uint32Array.from(entries, (e) => item[e]),
    target: Float32Array.from(entries, (e) => signals.target[e]),
    confidence: Float32Array.from(entries, (e) => signals.confidence[e]),
  };
}

function stands({ explicit, confidence }: EventSignals, later: number, standing: number): boolean {
  if (explicit[later] !== explicit[standing]) return explicit[later] === 1;
  return explicit[later] === 1 || confidence[later] >= confidence[standing];
}
