/**
 * Fits the weights and half-lives of the linear score on validation: coordinate search for NDCG, then one common factor,
 * so that the score is the logit of a softmax over the catalogue. The deep ranker's residual needs that unit.
 */
import { MAX_NEIGHBOUR_POSITIVES } from "../../shared/linear-weights.ts";
import { integer, nullable, number, object, optional, type Parser } from "../../shared/parse.ts";
import { createBreath } from "../breath.ts";
import { ndcgOf } from "../evaluate/metrics.ts";
import type { FoldInConstants } from "../items/ials.ts";
import type { NeighbourOptions } from "../items/neighbours.ts";
import type { RidgeNeighbourOptions } from "../items/ridge-neighbours.ts";
import { type Parts, type PartScores, USUAL } from "./parts.ts";

/** What is fitted. */
export interface LinearFit {
  readonly tasteHalfLifePositives: number | null;
  readonly intentHalfLifePositives: number | null;
  readonly neighbourHalfLifePositives: number | null;
  readonly taste: number;
  readonly intent: number;
  readonly neighbour: number;
  readonly content: number;
  readonly popularity: number;
  /** NDCG on the sampled lists, ranks scaled to the whole catalogue. */
  readonly ndcg: number;
  /** How items are learnt, where that was chosen too; the defaults if absent. */
  readonly neighbours?: NeighbourOptions;
  /** Neighbours by ridge regression, where they won. */
  readonly ridge?: RidgeNeighbourOptions;
  readonly foldIn?: FoldInConstants;
  /** Of the last positives, how many count in the neighbour sum; as in a release. */
  readonly neighbourPositives?: number;
  /** How strongly items that nobody has met are guessed. */
  readonly newItems?: number;
}

const halfLife = nullable(number({ min: 1e-9 }));
const share = number({ min: 0, max: 1 });
const notNegative = number({ min: 0 });
const positive = number({ min: 1e-9 });

/** Longest neighbour list: the formats' budget of bytes an item. */
const MAX_PER_ITEM = 64;

const neighbourOptions: Parser<NeighbourOptions> = object({
  window: nullable(integer({ min: 1 })),
  decay: share,
  backward: share,
  historyExponent: notNegative,
  popularityExponent: notNegative,
  ownExponent: notNegative,
  shrinkage: notNegative,
  perItem: integer({ min: 1, max: MAX_PER_ITEM }),
});

const ridgeOptions: Parser<RidgeNeighbourOptions> = object({
  window: integer({ min: 1 }),
  decay: share,
  regularization: positive,
  perItem: integer({ min: 1, max: MAX_PER_ITEM }),
});

const foldInConstants: Parser<FoldInConstants> = object({
  unobservedWeight: positive,
  regularization: positive,
  frequencyExponent: notNegative,
});

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
  ndcg: share,
  neighbours: optional(neighbourOptions),
  ridge: optional(ridgeOptions),
  foldIn: optional(foldInConstants),
  neighbourPositives: optional(integer({ min: 1, max: MAX_NEIGHBOUR_POSITIVES })),
  newItems: optional(notNegative),
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
  const { halfLives } = parts;
  const tried = halfLives.taste.length;
  const usual = Math.min(USUAL, tried - 1);
  const choice: Choice = { taste: usual, intent: usual, neighbour: usual };
  const unit: Weights = {
    taste: unitOf(parts.taste[usual]),
    intent: unitOf(parts.intent[usual]),
    neighbour: unitOf(parts.neighbour[usual]),
    content: unitOf(parts.content[usual]),
    popularity: unitOf(parts.popularity),
  };
  // Intent that fades like taste is taste.
  const isTwo = tried > 1 || halfLives.intent[0] !== halfLives.taste[0];
  const searched = WEIGHTS.filter((name) => isTwo || name !== "intent");
  let weights: Weights = {
    taste: unit.taste,
    intent: isTwo ? unit.intent / 2 : 0,
    neighbour: unit.neighbour / 2,
    content: unit.content / 2,
    popularity: unit.popularity / 2,
  };
  let best = objective(parts, choice, weights);
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const name of searched) {
      const at = weights[name];
      for (const value of at === 0 ? [unit[name] / 4, unit[name]] : FACTORS.map((factor) => factor * at)) {
        await breathe();
        const other = { ...weights, [name]: value };
        const got = objective(parts, choice, other);
        if (got > best) [best, weights] = [got, other];
      }
    }
    for (const name of ["taste", "intent", "neighbour"] as const) {
      for (let h = 0; h < tried; h++) {
        await breathe();
        const other = { ...choice, [name]: h };
        // Vectors of interest grow with what they remember: the weight is scaled to compare like with like.
        const rescaled = {
          ...weights,
          [name]: (weights[name] * unitOf(parts[name][h])) / unitOf(parts[name][choice[name]]),
        };
        const got = objective(parts, other, rescaled);
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
    tasteHalfLifePositives: halfLives.taste[choice.taste],
    intentHalfLifePositives: halfLives.intent[choice.intent],
    neighbourHalfLifePositives: halfLives.neighbour[choice.neighbour],
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

/** Mean NDCG over lists. A sampled competitor above a target counts as many times as items it stands for. */
function objective(parts: Parts, choice: Choice, weights: Weights): number {
  const list = chosen(parts, choice);
  const w = WEIGHTS.map((name) => weights[name]);
  const { start, sampled, standsFor, ideal, length } = parts;
  const [a, b, c, d, e] = list.map(({ others }) => others);
  const scores = new Float64Array(sampled);
  let sum = 0;
  for (let l = 0; l < ideal.length; l++) {
    for (let s = 0, o = l * sampled; s < sampled; s++, o++)
      scores[s] = w[0] * a[o] + w[1] * b[o] + w[2] * c[o] + w[3] * d[o] + w[4] * e[o];
    const own = ownScores(list, w, start[l], start[l + 1]);
    let dcg = 0;
    own.forEach((score, t) => {
      let above = 0;
      for (let s = 0, o = l * sampled; s < sampled && above < length; s++, o++) {
        if (scores[s] > score) above += standsFor[o];
        else if (scores[s] === score) above += standsFor[o] / 2;
      }
      own.forEach((other, i) => {
        if (i !== t) above += other > score ? 1 : other === score ? 0.5 : 0;
      });
      dcg += ndcgOf(1 + above, length);
    });
    sum += dcg / ideal[l];
  }
  return sum / ideal.length;
}

/** Of the targets from one to another. */
function ownScores(list: readonly PartScores[], w: readonly number[], from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, t) =>
    list.reduce((sum, { target }, p) => sum + w[p] * target[from + t], 0),
  );
}

/** The factor s that makes softmax(s · score) likeliest, found by golden-section search of a concave function. */
function softmaxFactor(parts: Parts, choice: Choice, weights: Weights): number {
  const list = chosen(parts, choice);
  const w = WEIGHTS.map((name) => weights[name]);
  const { start, sampled, standsFor, ideal } = parts;
  const others = new Float64Array(standsFor.length);
  for (let o = 0; o < others.length; o++) others[o] = list.reduce((sum, part, p) => sum + w[p] * part.others[o], 0);
  const likelihood = (log: number) => {
    const s = Math.exp(log);
    let total = 0;
    for (let l = 0; l < ideal.length; l++) {
      for (const own of ownScores(list, w, start[l], start[l + 1])) {
        let sum = 1;
        for (let o = l * sampled; o < (l + 1) * sampled; o++)
          if (standsFor[o] > 0) sum += standsFor[o] * Math.exp(s * (others[o] - own));
        total -= Math.log(sum);
      }
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
