/**
 * How little is known about whether a person would like an item: high for items without history and for people without
 * evidence near it.
 *
 * `priority = σ² v̂ᵀA_e⁻¹v̂ + τ² ρ²`, v̂ = v/‖v‖ and A_e from the evidence alone. Neither the catalogue's fictitious
 * evidence nor ‖v‖ nor the person's own ‖u‖ may enter: each of them turns exploration upside down.
 */
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";
import { dot, lowerSolve } from "./linear-algebra.ts";
import { evidencePosteriorAt } from "./posterior.ts";
import type { ProfileConstants } from "./posterior.ts";

export interface UncertaintyConstants {
  /** σ: noise of a target around the linear score. */
  readonly sigma: number;
  /** ρ²: mean ‖u‖² of training users. */
  readonly rhoSquared: number;
}

/** Variance of the estimated interest in each of some rows, `[rows]`. */
export function explorationPriority(
  table: ItemTable,
  rows: ArrayLike<number>,
  interest: Interest,
  model: { readonly profile: ProfileConstants; readonly uncertainty: UncertaintyConstants },
): Float64Array {
  const { dim, vectors, scale, uncertainty } = table.columns;
  const { sigma, rhoSquared } = model.uncertainty;
  const { factor } = evidencePosteriorAt(interest.tasteEvidence, model.profile.taste, model.profile, interest.now);
  const unit = new Float64Array(dim);
  return Float64Array.from(rows, (row) => {
    const length = table.vectorNorm[row]!;
    for (let j = 0; j < dim; j++) unit[j] = length > 0 ? (vectors[row * dim + j]! * scale[row]!) / length : 0;
    lowerSolve(factor, dim, unit, unit);
    return sigma ** 2 * dot(unit, unit) + uncertainty[row]! ** 2 * rhoSquared;
  });
}
