/**
 * iALS: item and user vectors from who liked what, by alternating exact least squares.
 *
 * Sources: Hu, Koren, Volinsky 2008, "Collaborative filtering for implicit feedback datasets"; Rendle, Krichene, Zhang,
 * Koren 2021, "Revisiting the performance of iALS on item recommendation benchmarks" (loss, frequency-scaled λ, init).
 *
 * Each half sweep rotates the fixed side so that its Gram matrix is diagonal. Products u·v do not change when both sides
 * are rotated alike, and the side that is solved next is computed in the rotated space anyway.
 */
import { availableParallelism } from "node:os";
import { symmetricEigen } from "../math/eigen.ts";
import { createRandom, normal } from "../math/random.ts";
import { mirror } from "./gram.ts";
import { GRAM_BLOCKS, type IalsState } from "./ials-task.ts";
import { createIalsThreads } from "./ials-threads.ts";
import { type SparseRows, transpose } from "./interactions.ts";

/** The part of the loss that a release carries too, so that a device folds in as training did. */
export interface FoldInConstants {
  /** α: weight of "everything not seen is 0". */
  readonly unobservedWeight: number;
  /** λ */
  readonly regularization: number;
  /** ν: how λ grows with a row's evidence. */
  readonly frequencyExponent: number;
}

export interface IalsOptions extends FoldInConstants {
  /** d */
  readonly dim: number;
  readonly sweeps: number;
  readonly seed: number;
  /** Threads to use, this one included. Default: all. The result does not depend on it. */
  readonly threads?: number;
  readonly onSweep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface IalsVectors {
  /** `[users, dim]` row-major */
  readonly users: Float32Array;
  /** `[items, dim]` row-major; zeros for an item that nobody met. */
  readonly items: Float32Array;
}

/** Standard deviation of the initial item vectors is this over √d (Rendle et al. 2021, §3.4). */
const INITIAL_DEVIATION = 0.1;

/** Below this many entries a thread costs more to start than it saves. */
const ENTRIES_WORTH_A_THREAD = 20_000;

/** @param interactions users × items */
export async function fitIals(interactions: SparseRows, options: IalsOptions): Promise<IalsVectors> {
  const { dim, sweeps } = options;
  if (dim % 2 !== 0) throw new RangeError(`The dimension must be even, got ${dim}.`);
  const state = createState(interactions, options);
  const [users, items] = state.sides;
  const random = createRandom(options.seed);
  const deviation = INITIAL_DEVIATION / Math.sqrt(dim);
  for (let e = 0; e < items.vectors.length; e++) items.vectors[e] = normal(random) * deviation;
  const wanted = options.threads ?? availableParallelism();
  const threads = createIalsThreads(state, interactions.column.length < ENTRIES_WORTH_A_THREAD ? 1 : wanted);
  try {
    for (let sweep = 0; sweep < sweeps; sweep++) {
      for (const solved of [0, 1] as const) {
        options.signal?.throwIfAborted();
        await threads.run({ kind: "gram", solved });
        diagonalizeGram(state);
        await threads.run({ kind: "rotate", solved });
        await threads.run({ kind: "solve", solved });
      }
      options.onSweep?.(sweep + 1, sweeps);
    }
  } finally {
    await threads.close();
  }
  return { users: users.vectors, items: items.vectors };
}

function diagonalizeGram(state: IalsState): void {
  const { dim, partialGrams } = state;
  const size = dim * dim;
  const gram = new Float64Array(size);
  for (let block = 0; block < GRAM_BLOCKS; block++) {
    for (let e = 0; e < size; e++) gram[e] += partialGrams[block * size + e];
  }
  mirror(gram, dim);
  const eigen = symmetricEigen(gram, dim);
  state.rotation.set(eigen.vectors);
  // Rounding can leave a tiny negative value where the vectors span fewer dimensions.
  for (let j = 0; j < dim; j++) state.gramDiagonal[j] = Math.max(0, eigen.values[j]) * state.unobservedWeight;
}

function createState(interactions: SparseRows, options: IalsOptions): IalsState {
  const { dim, regularization, frequencyExponent, unobservedWeight } = options;
  const side = (matrix: SparseRows) => ({ matrix: shareRows(matrix), vectors: sharedFloats(matrix.rows * dim) });
  return {
    dim,
    regularization,
    frequencyExponent,
    unobservedWeight,
    sides: [side(interactions), side(transpose(interactions))],
    counter: new Int32Array(new SharedArrayBuffer(4)),
    partialGrams: sharedDoubles(GRAM_BLOCKS * dim * dim),
    rotation: sharedDoubles(dim * dim),
    gramDiagonal: sharedDoubles(dim),
  };
}

function shareRows(matrix: SparseRows): SparseRows {
  return {
    rows: matrix.rows,
    columns: matrix.columns,
    start: sharedWords(matrix.start),
    column: sharedWords(matrix.column),
    target: sharedFloats(matrix.target.length, matrix.target),
    confidence: sharedFloats(matrix.confidence.length, matrix.confidence),
  };
}

function sharedFloats(length: number, values?: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(length * 4));
  if (values) shared.set(values);
  return shared;
}

function sharedWords(values: Uint32Array): Uint32Array {
  const shared = new Uint32Array(new SharedArrayBuffer(values.length * 4));
  shared.set(values);
  return shared;
}

function sharedDoubles(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}
