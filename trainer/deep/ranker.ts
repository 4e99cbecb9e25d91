/**
 * The ranker: each candidate attends to the encoded history (Zhou et al. 2018, DIN) and one hidden layer reads what it
 * found beside the named features, in jax-js. The exported graph (`ranker-onnx.ts`) is the same for one list.
 *
 * The encoder's own score of a candidate, query · vector, enters the logit directly. The last layers start at zero: an
 * untrained ranker says 0 and leaves the linear order as it is.
 */
import { nn, numpy as np } from "@jax-js/jax";
import { createRandom, normal } from "../math/random.ts";
import { layerNorm, maskedSoftmax, type Params, type Tensor, type Weights } from "./jax.ts";
import { HEADS, type ModelShape, MOMENT_SIZE, RANKER_HIDDEN, TARGET_WIDTH } from "./model-shape.ts";
import { momentColumns } from "./moment.ts";

export interface RankerBatch {
  /** `[B, L, 2d]`; see `stateWithQuery`. */
  readonly state: Tensor;
  /** `[B, L]` */
  readonly mask: Tensor;
  /** `[B, N, d]` */
  readonly candidate: Tensor;
  /** `[B, N, f]`, standardised; see `feature-scale.ts`. */
  readonly feature: Tensor;
  /** `[B, 5]` */
  readonly context: Tensor;
}

/** Divides the dot product of the person's vector and a candidate, so that it starts near the size of a feature. */
export const MATCH_SCALE = 0.125;

/**
 * @param queryScale what query · vector is worth in log-odds at the start; 0 leaves the order to the linear score
 * @param heads how many things it is to say of a candidate
 */
export function initialRanker(
  { dim, features }: ModelShape,
  seed: number,
  queryScale = 0,
  heads: number = HEADS.length,
): Weights {
  const random = createRandom(seed);
  const matrix = (rows: number, columns: number, deviation: number) => ({
    shape: [rows, columns],
    values: Float32Array.from({ length: rows * columns }, () => normal(random) * deviation),
  });
  const zeros = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b)) });
  const projection = 1 / Math.sqrt(dim);
  const hidden = 1 / Math.sqrt(features + 2 * TARGET_WIDTH + 1);
  return {
    stateGain: { shape: [dim], values: new Float32Array(dim).fill(1) },
    targetQuery: matrix(dim, TARGET_WIDTH, projection),
    targetKey: matrix(dim, TARGET_WIDTH, projection),
    targetValue: matrix(dim, TARGET_WIDTH, projection),
    targetGate: matrix(dim, TARGET_WIDTH, projection),
    matchState: matrix(dim, dim, 0.05),
    matchMoment: matrix(MOMENT_SIZE, dim, 0.05),
    hiddenFeature: matrix(features, RANKER_HIDDEN, hidden),
    hiddenTarget: matrix(TARGET_WIDTH, RANKER_HIDDEN, hidden),
    hiddenGated: matrix(TARGET_WIDTH, RANKER_HIDDEN, hidden),
    hiddenMatch: matrix(1, RANKER_HIDDEN, hidden),
    hiddenBias: zeros(RANKER_HIDDEN),
    outHidden: zeros(RANKER_HIDDEN, heads),
    outFeature: zeros(features, heads),
    outQuery: { shape: [1, heads], values: new Float32Array(heads).fill(queryScale) },
  };
}

/** `[B, N, heads]`. Owns everything it is given. @param dropout `[B, N, hidden]` */
export function rankerLogits(p: Params, batch: RankerBatch, dropout?: Tensor): Tensor {
  const { state, mask, candidate, feature, context } = batch;
  const [size, rows, dim] = [...state.shape.slice(0, 2), candidate.shape[2]];
  const heads = p.outQuery.shape[1];
  const asked = state.ref.slice([], rows - 1, [dim, 2 * dim]).reshape([size, 1, dim]);
  const history = layerNorm(state.slice([], [], [0, dim]), p.stateGain);
  const queried = np.sum(candidate.ref.mul(asked), -1, { keepdims: true });

  const person = np
    .matmul(history.ref.slice([], rows - 1), p.matchState)
    .add(np.matmul(momentColumns(context), p.matchMoment));
  const match = np.sum(candidate.ref.mul(person.reshape([size, 1, dim])), -1, { keepdims: true }).mul(MATCH_SCALE);

  const query = np.matmul(candidate.ref, p.targetQuery);
  const key = np.matmul(history.ref, p.targetKey);
  const scores = np.matmul(query, np.swapaxes(key, -1, -2)).mul(1 / Math.sqrt(TARGET_WIDTH));
  const weights = maskedSoftmax(scores, mask.reshape([size, 1, rows]));
  const found = np.matmul(weights, np.matmul(history, p.targetValue));
  const gated = found.ref.mul(np.matmul(candidate, p.targetGate));

  let hidden = np
    .matmul(feature.ref, p.hiddenFeature)
    .add(np.matmul(found, p.hiddenTarget))
    .add(np.matmul(gated, p.hiddenGated))
    .add(match.mul(p.hiddenMatch.reshape([1, 1, RANKER_HIDDEN])))
    .add(p.hiddenBias);
  hidden = nn.relu(hidden);
  if (dropout) hidden = hidden.mul(dropout);
  return np
    .matmul(hidden, p.outHidden)
    .add(np.matmul(feature, p.outFeature))
    .add(queried.mul(p.outQuery.reshape([1, 1, heads])));
}
