/**
 * How little is known about whether a person would like an item: high for items without history and for people without
 * evidence near it.
 *
 * `priority = σ² v̂ᵀA_e⁻¹v̂ + τ² ρ²`, v̂ = v/‖v‖ and A_e from the evidence alone. Neither the catalogue's fictitious
 * evidence nor ‖v‖ nor the person's own ‖u‖ may enter: each of them turns exploration upside down.
 */
import { dequantize } from "./item-columns.ts";
import type { ItemTable } from "./item-table.ts";
import { choleskySolve, dot } from "./linear-algebra.ts";
import { evidencePosteriorAt } from "./posterior.ts";
import type { ProfileConstants } from "./posterior.ts";
import type { Profile } from "./profile.ts";

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
  profile: Profile,
  model: { readonly profile: ProfileConstants; readonly uncertainty: UncertaintyConstants },
  now: number,
): Float64Array {
  const { dim } = table.columns;
  const { factor } = evidencePosteriorAt(profile.taste, model.profile.taste, model.profile, now);
  const solved = new Float64Array(dim);
  return Float64Array.from(rows, (row) => {
    const length = table.vectorNorm[row]!;
    const unit = dequantize(table.columns, row).map((value) => (length > 0 ? value / length : 0));
    const spread = dot(unit, choleskySolve(factor, dim, unit, solved));
    return model.uncertainty.sigma ** 2 * spread + table.columns.uncertainty[row]! ** 2 * model.uncertainty.rhoSquared;
  });
}
