/** Constants of a release that are measured on training users once everything else is fixed. */
import type { UncertaintyConstants } from "../../shared/exploration.ts";
import { interestAt, type InterestModel } from "../../shared/interest.ts";
import { dot } from "../../shared/linear-algebra.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { createProfile, type ProfileModel } from "../../shared/profile.ts";
import { knownItems, loggedEvents } from "../evaluate/walk.ts";
import type { Assembly } from "../items/assemble.ts";
import { createRandom, shuffle } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";

export interface MeasuredConstants {
  /** Standard deviation of the linear score over the catalogue, mean of users. */
  readonly deviation: number;
  readonly uncertainty: UncertaintyConstants;
}

/** Users measured: the means are then known to a few per cent. */
const USERS = 300;

/** @param model its `linear.skip` and `linear.adjustment` are not read: they depend on what is measured here */
export function measureConstants(
  dataset: Dataset,
  assembly: Assembly,
  model: ProfileModel & InterestModel,
  seed: number,
): MeasuredConstants {
  const { start, item, at } = dataset.events;
  const known = knownItems(assembly);
  const users = shuffle(
    Uint32Array.from({ length: dataset.users.length }, (_, u) => u),
    createRandom(seed),
  ).slice(0, USERS);
  let [deviations, norms, squaredErrors, weights, measured] = [0, 0, 0, 0, 0];
  for (const user of users) {
    const log = [];
    for (let e = start[user]; e < start[user + 1]; e++)
      log.push(...loggedEvents(dataset, e, known(assembly.rowOfItem[item[e]])));
    const profile = createProfile(model, log);
    if (profile.signals.length === 0) continue;
    const interest = interestAt(profile, model, at[start[user + 1] - 1]);
    const { mean } = interest.taste;
    deviations += deviationOf(
      scoreLinear(assembly.table, interest, { ...model, linear: { ...model.linear, skip: 0 } }).total,
    );
    norms += dot(mean, mean);
    for (const signal of profile.signals) {
      squaredErrors += signal.confidence * (signal.target - dot(signal.vector, mean)) ** 2;
      weights += signal.confidence;
    }
    measured++;
  }
  if (measured === 0) return { deviation: 1, uncertainty: { sigma: 1, rhoSquared: 1 } };
  return {
    deviation: deviations / measured || 1,
    uncertainty: { sigma: Math.sqrt(squaredErrors / weights), rhoSquared: norms / measured },
  };
}

function deviationOf(scores: Float32Array): number {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
}
