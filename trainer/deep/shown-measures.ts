/** How well groups of shown candidates are ordered, how much of them is taken, and what turns logits into probabilities. */
import { choleskyInPlace, choleskySolveInPlace } from "../math/cholesky.ts";
import type { Calibration, ShownGroup } from "./deep-input.ts";

/**
 * Mean share of pairs in the right order, over groups with two labels, weighted by what was shown: the GAUC of the evaluation, where
 * labels are 0 and 1 and all weights 1. Pairs are of one surface, as lists are.
 */
export function groupedOrder(
  groups: readonly ShownGroup[],
  head: number,
  heads: number,
  score: (group: number, candidate: number) => number,
): number {
  let [sum, weight] = [0, 0];
  groups.forEach(({ label, surface, weight: counts, candidate: { length } }, g) => {
    let [wins, pairs] = [0, 0];
    for (let a = 0; a < length; a++) {
      for (let b = 0; b < length; b++) {
        // Of labels that nothing says none is above another.
        if (surface[a] !== surface[b] || !(label[a * heads + head] > label[b * heads + head])) continue;
        const difference = score(g, a) - score(g, b);
        const counted = counts[a] * counts[b];
        wins += counted * (difference > 0 ? 1 : difference === 0 ? 0.5 : 0);
        pairs += counted;
      }
    }
    if (pairs === 0) return;
    const shown = counts.reduce((all, each) => all + each, 0);
    sum += (shown * wins) / pairs;
    weight += shown;
  });
  return weight > 0 ? sum / weight : 0.5;
}

/** What is taken of less than so much of what is shown says too little of an order; and what is rare follows clicks anyway. */
export const LEAST_TAKEN = 0.05;

/** The mean of a head's labels over all that was shown; what nothing says counts as not taken. */
export function takenShare(groups: readonly Pick<ShownGroup, "label">[], head: number, heads: number): number {
  let [taken, shown] = [0, 0];
  for (const { label } of groups) {
    for (let at = head; at < label.length; at += heads, shown++) taken += label[at] || 0;
  }
  return taken / Math.max(1, shown);
}

/** Newton steps of the calibration, and what keeps it where groups are few: as many candidates at the logits as they are. */
const STEPS = 12;
const PRIOR = 10;

/** a, b and c by a logistic regression of the label on linear score and logit, near 0, 0 and 1. */
export function calibrate(
  groups: readonly ShownGroup[],
  logits: readonly Float32Array[],
  head: number,
  heads: number,
): Calibration {
  const fitted = Float64Array.of(0, 0, 1);
  for (let step = 0; step < STEPS; step++) {
    const gradient = Float64Array.of(-PRIOR * fitted[0], -PRIOR * fitted[1], PRIOR * (1 - fitted[2]));
    const hessian = new Float64Array(9);
    for (let p = 0; p < 3; p++) hessian[p * 4] = PRIOR;
    groups.forEach(({ label, linear }, g) => {
      linear.forEach((score, c) => {
        if (Number.isNaN(label[c * heads + head])) return;
        const x = [1, score, logits[g][c * heads + head]];
        const odds = fitted[0] + fitted[1] * x[1] + fitted[2] * x[2];
        const chance = 1 / (1 + Math.exp(-odds));
        for (let p = 0; p < 3; p++) {
          gradient[p] += (label[c * heads + head] - chance) * x[p];
          for (let q = 0; q <= p; q++) hessian[p * 3 + q] += chance * (1 - chance) * x[p] * x[q];
        }
      });
    });
    choleskyInPlace(hessian, 3);
    choleskySolveInPlace(hessian, 3, gradient);
    for (let p = 0; p < 3; p++) fitted[p] += gradient[p];
  }
  const [a, b, c] = fitted;
  return { a, b, c };
}
