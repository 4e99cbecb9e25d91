/** Everything training learns of items before any ranking: vectors, neighbours, popularity, history, uncertainty. */
import type { ContentMap } from "../../shared/content-map.ts";
import type { SignalTable } from "../../shared/signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { ImportedVectors } from "../read/read-vectors.ts";
import { featureRows } from "./content-features.ts";
import { blendVectors, fitContentMap, mapContent, vectorUncertainty } from "./content-map.ts";
import { eventSignals } from "./event-signals.ts";
import { itemAppeal } from "./item-appeal.ts";
import { fitIals, type FoldInConstants } from "./ials.ts";
import { interactionsOf, type SparseRows } from "./interactions.ts";
import type { PreparedItems } from "./prepared-items.ts";
import {
  DEFAULT_NEIGHBOURS,
  fitNeighbours,
  type NeighbourLists,
  type NeighbourOptions,
  UNORDERED_NEIGHBOURS,
} from "./neighbours.ts";
import { fitRidgeNeighbours, type RidgeNeighbourOptions } from "./ridge-neighbours.ts";

export interface ItemOptions {
  /** d; a multiple of 4 */
  readonly dim: number;
  readonly sweeps: number;
  readonly seed: number;
  readonly foldIn: FoldInConstants;
  readonly neighbours: NeighbourOptions;
  /** Neighbour lists by ridge regression in place of co-occurrence. */
  readonly ridge?: RidgeNeighbourOptions;
  readonly signals: SignalTable;
  /** Vectors that were made elsewhere, in place of iALS; `dim` is theirs. */
  readonly imported?: ImportedVectors;
  /** Vectors, neighbours and counts of a log of which the dataset is a sample, in place of our own; `dim` is theirs. */
  readonly prepared?: PreparedItems;
  readonly threads?: number;
  /** Users to learn from; all by default. */
  readonly isUsed?: (user: number) => boolean;
  readonly onSweep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Rows in the order of the dataset's items. */
export interface ItemModel {
  readonly dim: number;
  readonly foldIn: FoldInConstants;
  readonly content: ContentMap;
  /** Own vectors blended with the content map's. `[n, dim]` */
  readonly vectors: Float32Array;
  readonly neighbours: NeighbourLists;
  /** People with a positive signal. `[n]` */
  readonly history: Uint32Array;
  /** Σ y·c. `[n]` */
  readonly popularity: Float32Array;
  /** See `item-appeal.ts`; absent for logs that do not say what was shown and left. `[n, APPEALS]` */
  readonly appeal?: Float32Array;
  /** τ. `[n]` */
  readonly uncertainty: Float32Array;
  /** 1 for every item whose vector was made elsewhere, where some were. `[n]` */
  readonly imported?: Uint8Array;
}

/** Chosen on validation of the bundled ratings, as the neighbours were: α = .1 .1145, α = .3 .1141, α = 1 .1113. */
export const DEFAULT_FOLD_IN: FoldInConstants = { unobservedWeight: 0.1, regularization: 0.003, frequencyExponent: 1 };

/** 64 dimensions, the size that the formats' budget of bytes is made for. After 4 sweeps .1134, after 8 .1145. */
export const DEFAULT_ITEMS = { dim: 64, sweeps: 8, foldIn: DEFAULT_FOLD_IN, neighbours: DEFAULT_NEIGHBOURS } as const;

/**
 * Where order means nothing, chosen on a fifth of Gowalla's training part, with neighbours: NDCG@20 .1459; with .002, .03 and .75
 * .1430. At α = .03 λ = .05 and .1 find .1455 and .2 finds .1430. Vectors alone find .108, whatever serves best beside neighbours.
 */
const UNORDERED_FOLD_IN: FoldInConstants = { unobservedWeight: 0.01, regularization: 0.1, frequencyExponent: 0.5 };
const UNORDERED_SWEEPS = 16;

/** Where order means nothing. */
export const UNORDERED_ITEMS = {
  ...DEFAULT_ITEMS,
  sweeps: UNORDERED_SWEEPS,
  foldIn: UNORDERED_FOLD_IN,
  neighbours: UNORDERED_NEIGHBOURS,
} as const;

/** People behind a vector of which nothing is left to the content map in single precision. */
const WHOLE_TRUST = 2 ** 31;

export async function fitItems(dataset: Dataset, options: ItemOptions): Promise<ItemModel> {
  const { dim, sweeps, seed, foldIn, threads, onSweep, signal, isUsed = () => true } = options;
  const { ridge, prepared } = options;
  const signals = eventSignals(dataset, options.signals);
  const interactions = prepared ? undefined : keepRows(interactionsOf(dataset, signals), isUsed);
  const own =
    options.imported?.vectors ??
    prepared?.vectors ??
    (await fitIals(interactions!, { ...foldIn, dim, sweeps, seed, threads, onSweep, signal })).items;
  const { history, popularity } = prepared ?? countItems(interactions!);
  // What was made elsewhere may know an item that the log does not: it is taken as it is.
  const trusted = options.imported ? Uint32Array.from(options.imported.has, (has) => has * WHOLE_TRUST) : history;
  const content = fitContentMap(featureRows(dataset.items), own, trusted, dim);
  const appeal = itemAppeal(dataset);
  return {
    dim,
    foldIn,
    content,
    vectors: blendVectors(own, mapContent(content, dataset.items), trusted, dim),
    ...(options.imported && { imported: options.imported.has }),
    ...(appeal && { appeal }),
    neighbours: prepared
      ? prepared.neighbours
      : ridge
        ? await fitRidgeNeighbours(dataset, signals, ridge, isUsed, signal)
        : fitNeighbours(dataset, signals, options.neighbours, isUsed),
    history,
    popularity,
    uncertainty: vectorUncertainty(history),
  };
}

/** Empties the rows that are not used: row numbers stay. */
function keepRows(matrix: SparseRows, isUsed: (row: number) => boolean): SparseRows {
  const kept: number[] = [];
  const start = new Uint32Array(matrix.rows + 1);
  for (let r = 0; r < matrix.rows; r++) {
    if (isUsed(r)) for (let e = matrix.start[r]; e < matrix.start[r + 1]; e++) kept.push(e);
    start[r + 1] = kept.length;
  }
  return {
    rows: matrix.rows,
    columns: matrix.columns,
    start,
    column: Uint32Array.from(kept, (e) => matrix.column[e]),
    target: Float32Array.from(kept, (e) => matrix.target[e]),
    confidence: Float32Array.from(kept, (e) => matrix.confidence[e]),
  };
}

/** Sums in double precision: in single, a hundred thousand people leave no digit of the next one's. */
export function countItems({ columns, column, target, confidence }: SparseRows): {
  history: Uint32Array;
  popularity: Float32Array;
} {
  const history = new Uint32Array(columns);
  const popularity = new Float64Array(columns);
  for (let e = 0; e < column.length; e++) {
    if (target[e] <= 0) continue;
    history[column[e]]++;
    popularity[column[e]] += target[e] * confidence[e];
  }
  return { history, popularity: Float32Array.from(popularity) };
}
