/** A past moment in the few numbers that learning needs of it, so that all of them can be held. */
import { APPEALS, appealOf } from "../../shared/appeal.ts";
import { FEATURES } from "../../shared/features.ts";
import { featurize } from "../../shared/featurize.ts";
import { HEAD_NAMES, type HeadName } from "../../shared/release.ts";
import type { LinearWeights } from "../../shared/linear-weights.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { type RankInput, SHOWN_CANDIDATES, type ShownGroup } from "../deep/deep-input.ts";
import type { Assembly } from "../items/assemble.ts";
import { type Dataset, POSITION_UNSAID } from "../read/dataset.ts";
import { dwellQuantiles } from "../read/dwell-quantiles.ts";
import { exposureWeight } from "../read/exposure-weight.ts";
import { feedLabel } from "../read/feed-labels.ts";
import { vectorsOf } from "./deep-data.ts";
import type { ExposureMoment } from "./exposure-moments.ts";
import { SHOWN_COLUMNS } from "./shown-columns.ts";
import type { ShownSurfaces } from "./shown-surfaces.ts";

/** The parts of the linear score that are weighed on exposures; appeal has a weight of its own each. */
export const SCORE_PARTS = ["taste", "intent", "neighbour", "content", "popularity"] as const;
/** Numbers of `ShownMoment.part` a candidate. */
export const PART_COUNT = SCORE_PARTS.length + APPEALS.length;

export interface ShownMoment {
  readonly user: number;
  /** Rows of the assembly. `[k]` */
  readonly candidate: Uint32Array;
  /** `[k, FEATURES]`; the column of the linear score is that of the weights before. */
  readonly feature: Float32Array;
  /** `[k, PART_COUNT]` */
  readonly part: Float32Array;
  /** What of the linear score is not weighed. `[k]` */
  readonly rest: Float32Array;
  /** `[k, heads]` */
  readonly label: Float32Array;
  /** `[k]` places in the lists that they were shown in, −1 where the log does not say. */
  readonly position: Int16Array;
  /** `[k]` what each counts for what is learnt, see `exposureWeight`. */
  readonly weight: Float32Array;
  /** `[k]` where they were shown, see `ShownSurfaces`. */
  readonly surface: Uint8Array;
}

export interface ShownLabel {
  readonly name: HeadName;
  /** 0 to 1. `[events]` */
  readonly of: Uint8Array | Float32Array;
}

/** Of the heads that the log has labels for. */
export function shownLabels(dataset: Dataset): ShownLabel[] {
  return HEAD_NAMES.flatMap((name) => {
    const of = name === "dwell" ? dwellQuantiles(dataset) : feedLabel(dataset, name);
    return of ? [{ name, of }] : [];
  });
}

export function describeMoment(
  { user, events, rows, table, interest, linear }: ExposureMoment,
  assembly: Assembly,
  model: ScoringModel,
  {
    labels,
    log,
    surfaces,
  }: {
    readonly labels: readonly ShownLabel[];
    readonly log: Dataset;
    readonly surfaces: ShownSurfaces;
  },
): ShownMoment {
  const part = Float32Array.from(
    rows.flatMap((row) => [
      ...SCORE_PARTS.map((name) => linear[name][row]),
      ...APPEALS.map((_, of) => appealOf(table.columns, row, of)),
    ]),
  );
  return {
    user,
    candidate: Uint32Array.from(rows, (row) => assembly.table.rowOf.get(table.ids[row])!),
    feature: featurize(table, { rows }, interest, linear, model),
    part,
    rest: Float32Array.from(rows, (row, i) => linear.total[row] - weighed(part, i, model.linear)),
    label: Float32Array.from(events.flatMap((e) => labels.map(({ of }) => of[e]))),
    position: Int16Array.from(events, (e) => log.events.position?.[e] ?? POSITION_UNSAID),
    weight: Float32Array.from(events, (e) => exposureWeight(log, e)),
    surface: Uint8Array.from(events, surfaces.placeOf),
  };
}

/** Σ weight · part of candidate i. */
export function weighed(part: Float32Array, i: number, weights: LinearWeights): number {
  const at = i * PART_COUNT;
  const parts = SCORE_PARTS.reduce((sum, name, p) => sum + weights[name] * part[at + p], 0);
  const { appeal } = weights;
  if (!appeal) return parts;
  return APPEALS.reduce((sum, name, of) => sum + appeal[name] * part[at + SCORE_PARTS.length + of], parts);
}

/**
 * What the ranker's heads learn from.
 *
 * @param before the weights that the moments were described with
 * @param weights those that the release will have
 */
export function shownInput(
  moments: readonly ShownMoment[],
  { labels, surfaces }: { readonly labels: readonly ShownLabel[]; readonly surfaces: ShownSurfaces },
  assembly: Assembly,
  { before, weights }: { readonly before: LinearWeights; readonly weights: LinearWeights },
): RankInput {
  const rest = weights.skip / before.skip;
  const column = FEATURES.indexOf("linear");
  const groups = moments.flatMap(
    ({ user, candidate, feature, part, rest: others, label, position, weight, surface }) => {
      const linear = others.map((other, i) => weighed(part, i, weights) + rest * other);
      const own = feature.slice();
      linear.forEach((score, i) => (own[i * FEATURES.length + column] = score / weights.deviation));
      const count = Math.ceil(candidate.length / SHOWN_CANDIDATES);
      return Array.from({ length: count }, (_, g): ShownGroup => {
        const [from, to] = [g * SHOWN_CANDIDATES, Math.min(candidate.length, (g + 1) * SHOWN_CANDIDATES)];
        return {
          user,
          candidate: candidate.slice(from, to),
          feature: own.slice(from * FEATURES.length, to * FEATURES.length),
          linear: linear.slice(from, to),
          label: label.slice(from * labels.length, to * labels.length),
          position: position.slice(from, to),
          weight: weight.slice(from, to),
          surface: surface.slice(from, to),
        };
      });
    },
  );
  const reads = SHOWN_COLUMNS.map((name) => FEATURES.indexOf(name));
  const heads = labels.map(({ name }) => name);
  return { vectors: vectorsOf(assembly), groups: [], shown: { heads, reads, surfaces: surfaces.names, groups } };
}
