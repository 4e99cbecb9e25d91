/** How many log-odds one unit of the linear score is worth, before the ranker adds anything. */
import type { RankGroup } from "./deep-input.ts";

/** Groups measured: the loss is then known far more finely than the steps of the search. */
const GROUPS = 2_000;
/** Widths of the search, in factors around 1 / deviation of the linear score, and its steps. */
const WIDEST = 64;
const STEPS = 60;

/** The factor s with the least mean softmax loss of s · linear − logSampling, by a search over powers. */
export function measureLinearScale(groups: readonly RankGroup[]): { scale: number; loss: number } {
  const every = Math.max(1, Math.floor(groups.length / GROUPS));
  const sample = groups.filter((_, i) => i % every === 0);
  const unit = 1 / (deviation(sample) || 1);
  let best = { scale: 0, loss: meanLoss(sample, 0) };
  for (let step = 0; step <= STEPS; step++) {
    const scale = unit * WIDEST ** (step / (STEPS / 2) - 1);
    const loss = meanLoss(sample, scale);
    if (loss < best.loss) best = { scale, loss };
  }
  // A linear score that says nothing still needs a factor, for the order where the ranker says nothing either.
  return best.scale > 0 ? best : { ...best, scale: unit / WIDEST };
}

/** Mean loss of scale · linear + share · logit − logSampling. @param logits `[groups][C]` */
export function meanLoss(
  groups: readonly RankGroup[],
  scale: number,
  share = 0,
  logits?: readonly Float32Array[],
): number {
  let total = 0;
  groups.forEach(({ linear, logSampling, wanted }, g) => {
    const scores = linear.map((score, c) => scale * score + share * (logits?.[g][c] ?? 0) - logSampling[c]);
    const max = scores.reduce((a, b) => Math.max(a, b));
    const sum = scores.reduce((a, score) => a + Math.exp(score - max), 0);
    total += Math.log(sum) + max - scores[wanted];
  });
  return total / Math.max(1, groups.length);
}

function deviation(groups: readonly RankGroup[]): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const { linear } of groups) {
    for (const score of linear) {
      count++;
      sum += score;
      squares += score * score;
    }
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
