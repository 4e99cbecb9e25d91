/** From what tuning found to the sections of a release that scoring reads. */
import type { LinearWeights } from "../../shared/linear-weights.ts";
import type { ProfileConstants } from "../../shared/posterior.ts";
import type { Assembly } from "../items/assemble.ts";
import type { FoldInConstants } from "../items/ials.ts";
import type { LinearFit } from "../tune/tune-linear.ts";

/**
 * Score deviations that one skip takes from the items most like it, where the log has no skips to fit it on. The best of
 * a list lie many deviations above the mean: at 2 the likest films of the best thousand fall by 3 % of them, at 5 by 25 %.
 */
const SKIP_DEVIATIONS = 5;
/** A skip is of the moment: ten likes or a week later half of it is left. */
const SKIP_HALF_LIFE_POSITIVES = 10;
const SKIP_HALF_LIFE_MS = 7 * 24 * 3_600_000;

/** Score deviations that a category set to +1 gives to its items: enough to lead a list, not to fill it. */
const ADJUSTMENT_DEVIATIONS = 2;

type HalfLives = Pick<LinearFit, "tasteHalfLifePositives" | "intentHalfLifePositives">;

export function profileConstants(fit: HalfLives, foldIn: FoldInConstants, catalogueSize: number): ProfileConstants {
  const scale = (halfLifePositives: number | null) => ({ halfLifePositives, halfLifeMs: null });
  return {
    alpha: foldIn.unobservedWeight,
    lambda: foldIn.regularization,
    nu: foldIn.frequencyExponent,
    catalogueSize,
    taste: scale(fit.tasteHalfLifePositives),
    intent: scale(fit.intentHalfLifePositives),
  };
}

/** @param deviation of the linear score without the terms that depend on it; see `measureDeviation` */
export function linearWeights(fit: LinearFit, assembly: Assembly, deviation: number): LinearWeights {
  return {
    taste: fit.taste,
    intent: fit.intent,
    neighbour: fit.neighbour,
    neighbourHalfLifePositives: fit.neighbourHalfLifePositives,
    ...(fit.neighbourPositives !== undefined && { neighbourPositives: fit.neighbourPositives }),
    content: fit.content,
    popularity: fit.popularity,
    popularityMax: popularityMax(assembly),
    skip: SKIP_DEVIATIONS * deviation,
    skipHalfLifePositives: SKIP_HALF_LIFE_POSITIVES,
    skipHalfLifeMs: SKIP_HALF_LIFE_MS,
    adjustment: ADJUSTMENT_DEVIATIONS * deviation,
    deviation,
  };
}

/** The largest log1p(popularity); 1 where nothing is popular, so that nothing is divided by 0. */
export function popularityMax({ table }: Assembly): number {
  const largest = table.columns.popularity.reduce((max, value) => Math.max(max, Math.log1p(value)), 0);
  return largest > 0 ? largest : 1;
}
