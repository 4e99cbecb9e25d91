/**
 * Weights of the linear score from what people were shown: those that best put what a person took above what the same person
 * left, by a logistic regression on pairs. The half-lives stay; so does the skip term, which is not fitted.
 */
import { APPEALS } from "../../shared/appeal.ts";
import type { LinearWeights } from "../../shared/linear-weights.ts";
import { signOfHead } from "../../shared/release.ts";
import { LEAST_TAKEN, takenShare } from "../deep/shown-measures.ts";
import { choleskyInPlace, choleskySolveInPlace } from "../math/cholesky.ts";
import { PART_COUNT, SCORE_PARTS, type ShownLabel, type ShownMoment } from "./shown-moment.ts";

/** Newton steps: the loss stands still after five. */
const STEPS = 8;

/** Pulls weights of standardised parts to 0, as this many pairs would: a part that says nothing gets no weight. */
const RIDGE = 50;

/** Not weighed: beside the others it speaks against likes, which are not what is fitted (GAUC .47 on validation of KuaiRand). */
const LIKE_APPEAL = SCORE_PARTS.length + APPEALS.indexOf("like");

interface Pairs {
  /** Parts of what was taken less those of what was left. `[pairs, PART_COUNT]` */
  readonly difference: Float64Array;
  /** A person's pairs weigh as much together as what was shown. `[pairs]` */
  readonly weight: readonly number[];
}

/** The weights of a linear score whose unit is the log-odds that one of two shown items is the one that is taken. */
export function fitShown(
  moments: readonly ShownMoment[],
  labels: readonly ShownLabel[],
  weights: LinearWeights,
): LinearWeights {
  const { difference, weight } = pairsOf(moments, labels);
  const deviation = Array.from({ length: PART_COUNT }, (_, p) => {
    if (p === LIKE_APPEAL) return 0;
    let squares = 0;
    for (let i = p; i < difference.length; i += PART_COUNT) squares += difference[i] ** 2;
    return Math.sqrt(squares / Math.max(1, weight.length));
  });
  const standard = difference.map((value, i) => {
    const spread = deviation[i % PART_COUNT];
    return spread > 0 ? value / spread : 0;
  });
  const fitted = new Float64Array(PART_COUNT);
  for (let step = 0; step < STEPS; step++) newtonStep(fitted, standard, weight);
  const [taste, intent, neighbour, content, popularity, click, like, finish] = Array.from(fitted, (value, p) =>
    deviation[p] > 0 ? value / deviation[p] : 0,
  );
  return { ...weights, taste, intent, neighbour, content, popularity, appeal: { click, like, finish } };
}

function newtonStep(fitted: Float64Array, standard: Float64Array, weight: readonly number[]): void {
  const gradient = fitted.map((value) => -RIDGE * value);
  const hessian = new Float64Array(PART_COUNT * PART_COUNT);
  for (let p = 0; p < PART_COUNT; p++) hessian[p * PART_COUNT + p] = RIDGE;
  for (let i = 0; i < weight.length; i++) {
    const at = i * PART_COUNT;
    let score = 0;
    for (let p = 0; p < PART_COUNT; p++) score += fitted[p] * standard[at + p];
    const wrong = 1 / (1 + Math.exp(score));
    const curve = weight[i] * wrong * (1 - wrong);
    for (let p = 0; p < PART_COUNT; p++) {
      gradient[p] += weight[i] * wrong * standard[at + p];
      for (let q = 0; q <= p; q++) hessian[p * PART_COUNT + q] += curve * standard[at + p] * standard[at + q];
    }
  }
  choleskyInPlace(hessian, PART_COUNT);
  choleskySolveInPlace(hessian, PART_COUNT, gradient);
  for (let p = 0; p < PART_COUNT; p++) fitted[p] += gradient[p];
}

/**
 * Of all labels but those that are too few to weigh parts by: what is liked is clicked. How long somebody looked is no yes or no, and is
 * what was finished said twice; a skip is what was left.
 */
function pairsOf(moments: readonly ShownMoment[], labels: readonly ShownLabel[]): Pairs {
  const difference: number[] = [];
  const weight: number[] = [];
  const counted = labels.map(({ name }, h) => name !== "dwell" && takenShare(moments, h, labels.length) >= LEAST_TAKEN);
  for (const { part, label, candidate, weight: counts } of moments) {
    const places = Array.from(candidate, (_, i) => i);
    labels.forEach(({ name }, h) => {
      if (!counted[h]) return;
      const [good, bad] = signOfHead(name) < 0 ? [0, 1] : [1, 0];
      const taken = places.filter((i) => label[i * labels.length + h] === good);
      const left = places.filter((i) => label[i * labels.length + h] === bad);
      const countOf = (of: readonly number[]) => of.reduce((sum, i) => sum + counts[i], 0);
      const perPair = countOf(places) / (countOf(taken) * countOf(left));
      for (const a of taken) {
        for (const b of left) {
          for (let p = 0; p < PART_COUNT; p++) difference.push(part[a * PART_COUNT + p] - part[b * PART_COUNT + p]);
          weight.push(perPair * counts[a] * counts[b]);
        }
      }
    });
  }
  return { difference: Float64Array.from(difference), weight };
}
