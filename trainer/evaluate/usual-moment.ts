/** Where a list is made that no log says the place of. */
import type { Moment } from "../../shared/encoder-inputs.ts";
import type { ScoringModel } from "../../shared/model.ts";

/** On the surface that most was shown on, of a model that tells surfaces apart. */
export function usualMoment({ heads }: Pick<ScoringModel, "heads">): Moment {
  return { surface: heads?.surfaces?.[0] ?? "home", utcOffsetMinutes: 0 };
}
