/**
 * Fits the weights and half-lives of the linear score on validation: coordinate search for NDCG@10, then one common
 * factor, so that the score is the logit of a softmax over the catalogue. The deep ranker's residual needs that unit.
 */
import { nullable, number, object, type Parser } from "../../shared/parse.ts";
import { createBreath } from "../breath.ts";
import { ndcgOf } from "../evaluate/metrics.ts";
import { INTENT_HALF_LIVES, NEIGHBOUR_HALF_LIVES, type Parts, type PartScores, TASTE_HALF_LIVES } from "./parts.ts";

/** What is fitted; indices name half-lives of `parts.ts`. */
export interface LinearFit {
  readonly tasteHalfLifePositives: number | null;
  readonly intentHalfLifePositives: number | null;
  readonly neighbourHalfLifePositives: number | null;
  readonly taste: number;
  readonly intent: number;
  readonly neighbour: number;
  readonly content: number;
  readonly popularity: number;
  /** NDCG@10 on the sampled targets, ranks scaled to the whole catalogue. */
  readonly ndcg: number;
}

const halfLife = nullable(number({ min: 1e-9 }));

/** Reads weights that an earlier run found. */
export const parseFit: Parser<LinearFit> = object({
  tasteHalfLifePositives: halfLife,
  intentHalfLifePositives: halfLife,
  neighbourHalfLifePositives: halfLife,
  taste: number(),
  intent: number(),
  neighbour: number(),
  content: number(),
  popularity: number(),
  ndcg: number({ min: 0, max: 1 }),
});

const WEIGHTS = ["taste", "intent", "neighbour", "content", "popularity"] as const;
type Weights = Record<(typeof WEIGHTS)[number], number>;
interface Choice {
  taste: number;
  intent: number;
  neighbour: number;
}

/** Factors tried on one weight; 0 drops a part. */
const FACTORS = [0, 0.25, 0.5, 0.7, 0.85, 1.2, 1.5, 2, 4];
/** Rounds over all coordinates; the search stops earlier where none gains. */
const ROUNDS = 6;

export interface TuneOptions {
  readonly onStep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Each weight begins at 1 over its part's deviation, halved for all but taste. */
export async function tuneLinear(parts: Parts, options: TuneOptions = {}): Promise<LinearFit> {
  const breathe = createBreath(options.signal);
  const choice: Choice = { taste: 1, intent: 1, neighbour: 1 };
  const unit: Weights = {
    taste: unitOf(parts.taste[1]),
    intent: unitOf(parts.intent[1]),
    neighbour: unitOf(parts.neighbour[1]),
    content: unitOf(parts.content[1]),
    popularity: unitOf(parts.popularity),
  };
  let weights: Weights = {
    taste: unit.taste,
    intent: unit.intent / 2,
    neighbour: unit.neighbour / 2,
    content: unit.content / 2,
    popularity: unit.popularity / 2,
  };
  let best = objective(parts, choice, weights);
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const name of WEIGHTS) {
      const at = weights[name];
      for (const value of at === 0 ? [unit[name] / 4, unit[name]] : FACTORS.map((factor) => factor * at)) {
        await breathe();
        const tried = { ...weights, [name]: value };
        const got = objective(parts, choice, tried);
        if (got > best) [best, weights] = [got, tried];
      }
    }
    for (const name of ["taste", "intent", "neighbour"] as const) {
      for (let h = 0; h < TASTE_HALF_LIVES.length; h++) {
        await breathe();
        const tried = { ...choice, [name]: h };
        // Vectors of interest grow with what they remember: the weight is scaled to compare like with like.
        const rescaled = {
          ...weights,
          [name]: (weights[name] * unitOf(parts[name][h])) / unitOf(parts[name][choice[name]]),
        };
        const got = objective(parts, tried, rescaled);
        if (got > best) {
          [best, weights] = [got, rescaled];
          choice[name] = h;
        }
      }
    }
    options.onStep?.(round + 1, ROUNDS);
    if (best - before < 1e-5) break;
  }
  const factor = softmaxFactor(parts, choice, weights);
  return {
    tasteHalfLifePositives: TASTE_HALF_LIVES[choice.taste],
    intentHalfLifePositives: INTENT_HALF_LIVES[choice.intent],
    neighbourHalfLifePositives: NEIGHBOUR_HALF_LIVES[choice.neighbour],
    taste: weights.taste * factor,
    intent: weights.intent * factor,
    neighbour: weights.neighbour * factor,
    content: weights.content * factor,
    popularity: weights.popularity * factor,
    ndcg: best,
  };
}

function chosen(parts: Parts, choice: Choice): PartScores[] {
  return [
    parts.taste[choice.taste],
    parts.intent[choice.intent],
    parts.neighbour[choice.neighbour],
    parts.content[choice.taste],
    parts.popularity,
  ];
}

/** Mean NDCG@10. A sampled competitor above the target stands for `itemsPerSample` of the catalogue. */
function objective(parts: Parts, choice: Choice, weights: Weights): number {
  const list = chosen(parts, choice);
  const w = WEIGHTS.map((name) => weights[name]);
  let sum = 0;
  for (let t = 0; t < parts.targets; t++) {
    const own = scoreOf(list, w, t);
    let above = 0;
    const [a, b, c, d, e] = list.map(({ others }) => others);
    for (let o = t * parts.sampled; o < (t + 1) * parts.sampled; o++) {
      if (!parts.competes[o]) continue;
      const score = w[0] * a[o] + w[1] * b[o] + w[2] * c[o] + w[3] * d[o] + w[4] * e[o];
      if (score > own) above++;
      else if (score === own) above += 0.5;
    }
    sum += ndcgOf(1 + above * parts.itemsPerSample);
  }
  return sum / parts.targets;
}

function scoreOf(list: readonly PartScores[], w: readonly number[], t: number): number {
  return list.reduce((sum, { target }, p) => sum + w[p] * target[t], 0);
}

/** The factor s that makes softmax(s · score) likeliest, found by golden-section search of a concave function. */
function softmaxFactor(parts: Parts, choice: Choice, weights: Weights): number {
  const list = chosen(parts, choice);
  const w = WEIGHTS.map((name) => weights[name]);
  const own = Float64Array.from({ length: parts.targets }, (_, t) => scoreOf(list, w, t));
  const others = new Float64Array(parts.targets * parts.sampled);
  for (let o = 0; o < others.length; o++)
    others[o] = parts.competes[o] ? list.reduce((sum, part, p) => sum + w[p] * part.others[o], 0) : -Infinity;
  const likelihood = (log: number) => {
    const s = Math.exp(log);
    let total = 0;
    for (let t = 0; t < parts.targets; t++) {
      let sum = 1;
      for (let o = t * parts.sampled; o < (t + 1) * parts.sampled; o++)
        if (others[o] > -Infinity) sum += parts.itemsPerSample * Math.exp(s * (others[o] - own[t]));
      total -= Math.log(sum);
    }
    return total;
  };
  let [low, high] = [Math.log(0.05), Math.log(50)];
  const golden = (Math.sqrt(5) - 1) / 2;
  while (high - low > 0.02) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (likelihood(left) > likelihood(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/** 1 over the deviation of a part's scores; 1 where they do not differ. */
function unitOf({ others }: PartScores): number {
  let [sum, squares] = [0, 0];
  for (const value of others) {
    sum += value;
    squares += value * value;
  }
  const variance = squares / others.length - (sum / others.length) ** 2;
  return variance > 0 ? 1 / Math.sqrt(variance) : 1;
}
