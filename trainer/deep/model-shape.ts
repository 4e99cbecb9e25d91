/**
 * Sizes of the encoder and the ranker, and the names and shapes of what flows between them. No computation.
 *
 * The networks take no item ids: new items rank, and the files do not grow with the catalogue.
 */
import { CONTEXT_COLUMNS, SIGNAL_COLUMNS } from "../../shared/encoder-inputs.ts";

/** Columns of `event_signal` and of `context`. */
export const SIGNAL_SIZE = SIGNAL_COLUMNS.length;
export const CONTEXT_SIZE = CONTEXT_COLUMNS.length;
/** Place of the surface in `context`. */
export const SURFACE_COLUMN = CONTEXT_COLUMNS.indexOf("surface");
/** Values the surface column can take. */
export const SURFACE_COUNT = 4;
/** Query vectors the encoder gives. */
export const QUERY_COUNT = 1;
/** What the ranker is trained to predict. */
export const HEADS = ["like"] as const;

/** Transformer blocks of the encoder, one after the other, and attention heads of each. */
export const ENCODER_BLOCKS = 2;
export const ENCODER_HEADS = 2;
/** Places in the encoder where dropout applies: its input and the two residual branches of each block. */
export const ENCODER_DROPOUTS = 1 + 2 * ENCODER_BLOCKS;
/** Hidden units of the encoder's feed-forward layer. */
export const FEED_FORWARD = 128;
/** Half-lives, in events, of the decayed means that the query starts from. */
export const BASE_HALF_LIVES = [1, 4, 16] as const;
/** Columns that the encoder makes of the gap between two events. */
export const GAP_SIZE = 3;
/** Columns that both networks make of the context. */
export const MOMENT_SIZE = 7 + SURFACE_COUNT;

/** Name of the one size of the rankers' graphs that the caller chooses. */
export const CANDIDATES = "N";

/** Width of keys, queries and values in the attention from a candidate to the history. */
export const TARGET_WIDTH = 16;
/** Hidden units of the ranker. */
export const RANKER_HIDDEN = 48;
/**
 * Hidden units of the ranker that learns from what was shown. GAUC of clicks and long views on two windows of KuaiRand before its test
 * part, mean of two seeds, by 48: .6462 and .6592, .6419 and .6500; by 96: .6468 and .6604, .6425 and .6495.
 */
export const SHOWN_HIDDEN = 96;

export interface ModelShape {
  /** d: width of an item vector. */
  readonly dim: number;
  /** L: rows of history in the exported graphs. */
  readonly events: number;
  /** f: columns of `candidate_feature`. */
  readonly features: number;
}

/**
 * Width of a row of `state`: what the encoder made of the event, then the query, which stands in the newest row only. With
 * it the ranker knows the encoder's own score of every candidate.
 */
export function stateWidth(dim: number): number {
  return 2 * dim;
}

/**
 * Rows of history in training: L rounded up, because jax-js multiplies matrices about ten times faster where the last
 * axis is a multiple of four. Attention knows distances only, so the exported graphs are the same function of L rows.
 */
export function trainingEvents(events: number): number {
  return Math.ceil(events / 4) * 4;
}
