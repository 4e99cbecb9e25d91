/**
 * Everything of a release that scoring reads, decoded once: its numbers and its constants file.
 *
 * Not the items (`item-table.ts`) and not the deep model's graphs (`deep-model.ts`).
 */
import type { Constants } from "./constants-file.ts";
import { NearfeedError } from "./errors.ts";
import type { SelectionDefaults } from "./selection-defaults.ts";
import type { UncertaintyConstants } from "./exploration.ts";
import type { LinearWeights } from "./linear-weights.ts";
import type { ProfileConstants } from "./posterior.ts";
import type { Heads, Release } from "./release.ts";
import type { SignalTable } from "./signals.ts";

export interface ScoringModel {
  readonly release: string;
  readonly space: string;
  readonly dim: number;
  readonly profile: ProfileConstants;
  readonly signals: SignalTable;
  readonly linear: LinearWeights;
  readonly selection: SelectionDefaults;
  readonly uncertainty: UncertaintyConstants;
  readonly heads: Heads | null;
  /** `[d, d]` */
  readonly gram: Float32Array;
  /** `[categories]` */
  readonly categoryWeight: Float32Array;
}

/** @throws NearfeedError `wrong_space` where the constants belong to another space than the release. */
export function scoringModel(release: Release, constants: Constants): ScoringModel {
  if (constants.space !== release.space) {
    throw new NearfeedError(
      "wrong_space",
      `The constants are of space ${constants.space}, the release of ${release.space}.`,
      {
        path: "files.constants",
      },
    );
  }
  const { id, space, dim, profile, signals, linear, selection, uncertainty, heads } = release;
  return {
    release: id,
    space,
    dim,
    profile,
    signals,
    linear,
    selection,
    uncertainty,
    heads,
    gram: constants.gram,
    categoryWeight: constants.categoryWeight,
  };
}
