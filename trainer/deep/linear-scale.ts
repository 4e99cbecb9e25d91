/** How many log-odds one unit of the linear score and of the encoder's is worth, before the ranker adds anything. */
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
  const unit = 1 / (deviation(sample.map(({ linear }) => linear)) || 1);
  let best = { scale: 0, loss: meanLoss(sample, 0) };
  for (let step = 0; step <= STEPS; step++) {
    const scale = unit * WIDEST ** (step / (STEPS / 2) - 1);
    const loss = meanLoss(sample, scale);
    if (loss < best.loss) best = { scale, loss };
  }
  // A linear score that says nothing still needs a factor, for the order where the ranker says nothing either.
  return best.scale > 0 ? best : { ...best, scale: unit / WIDEST };
}

/** Rounds of the search for both scales; each finds one where the other stands. */
const ROUNDS = 4;

export interface Scales {
  readonly linearScale: number;
  /** 0 where the encoder's scores say nothing that the linear ones do not. */
  readonly queryScale: number;
}

/**
 * Both factors together, of s · linear + t · query − logSampling, by turns.
 *
 * @param queryScoresOf `[C]` the encoder's scores of a group
 */
export function measureScales(groups: readonly RankGroup[], queryScoresOf: (group: RankGroup) => Float32Array): Scales {
  const every = Math.max(1, Math.floor(groups.length / GROUPS));
  const sample = groups.filter((_, i) => i % every === 0);
  const queries = sample.map(queryScoresOf);
  let linearScale = measureLinearScale(sample).scale;
  const queryUnit = 1 / (deviation(queries) || 1);
  let queryScale = 0;
  let best = meanLoss(sample, linearScale);
  for (let round = 0; round < ROUNDS; round++) {
    // Finer from round to round: from powers over the whole width to a few per cent.
    const width = WIDEST ** (1 / 3 ** round);
    const triesOf = (now: number, unit: number) => [
      0,
      ...Array.from({ length: STEPS / 3 + 1 }, (_, i) => (now || unit) * width ** (i / (STEPS / 6) - 1)),
    ];
    for (const tried of triesOf(queryScale, queryUnit)) {
      const loss = meanLoss(sample, linearScale, tried, queries);
      if (loss < best) [best, queryScale] = [loss, tried];
    }
    for (const tried of triesOf(linearScale, linearScale).slice(1)) {
      const loss = meanLoss(sample, tried, queryScale, queries);
      if (loss < best) [best, linearScale] = [loss, tried];
    }
  }
  return { linearScale, queryScale };
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

function deviation(lists: readonly Float32Array[]): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const scores of lists) {
    for (const score of scores) {
      count++;
      sum += score;
      squares += score * score;
    }
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
