/**
 * The loss of a ranker that learns from what people were shown: of each head the log loss of every candidate, which makes a
 * probability of it, and that of every pair of one person's taken and left, which makes an order of them; of labels between 0 and 1 a
 * pair weighs what they differ by.
 */
import { nn, numpy as np } from "@jax-js/jax";
import type { Params, Tensor } from "./jax.ts";
import { positionLogits } from "./position-tower.ts";
import { shownLogits, withoutTower } from "./shown-ranker.ts";

/** Weight of the pairs beside single candidates: lists are orders. */
const PAIR_SHARE = 0.7;

/**
 * Owns its arguments.
 *
 * @param batch `shownTensors`, then a dropout mask, if any
 */
export function shownLoss(params: Params, batch: readonly Tensor[]): Tensor {
  const [feature, label, said, place, pair, importance, dropout] = batch;
  const [size, candidates, heads] = label.shape;
  const [ranker, tower] = withoutTower(params);
  const logits = shownLogits(ranker, feature, dropout)
    .add(positionLogits(tower, place))
    .reshape([size, candidates, heads]);
  const single = np.sum(
    nn
      .softplus(logits.ref)
      .sub(label.ref.mul(logits.ref))
      .mul(said.ref)
      .mul(importance.ref.reshape([1, 1, heads])),
  );
  const shown = np.sum(said.ref);
  const above = logits.ref.reshape([size, candidates, 1, heads]).sub(logits.reshape([size, 1, candidates, heads]));
  const both = said.ref.reshape([size, candidates, 1, heads]).mul(said.reshape([size, 1, candidates, heads]));
  const further = label.ref.reshape([size, candidates, 1, heads]).sub(label.reshape([size, 1, candidates, heads]));
  const pairs = nn.relu(further).mul(both);
  const weight = pairs.mul(pair.reshape([size, 1, 1, heads]));
  const wrong = nn
    .softplus(np.negative(above))
    .mul(weight.ref)
    .mul(importance.reshape([1, 1, 1, heads]));
  const paired = np.sum(wrong).div(np.sum(weight).add(1));
  return single
    .div(shown)
    .mul(1 - PAIR_SHARE)
    .add(paired.mul(PAIR_SHARE));
}
