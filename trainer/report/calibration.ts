/**
 * Whether the probabilities that a release states come true: of what people were shown after training, how much was clicked,
 * liked or skipped where so much was predicted. Only for releases whose heads are calibrated, and logs that say what was shown.
 *
 * People stand as they were before their held-out events, so that nothing of what is predicted is known.
 */
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createProfile } from "../../shared/profile.ts";
import type { DeepModel } from "../../shared/rank.ts";
import type { HeadName, Heads } from "../../shared/release.ts";
import { createBreath } from "../breath.ts";
import { createBootstrap, type Estimate, type PersonSums } from "../evaluate/bootstrap.ts";
import { exposureLogits } from "../evaluate/exposure-logits.ts";
import { knownItems, loggedEvents, type WalkOptions } from "../evaluate/walk.ts";
import type { Dataset } from "../read/dataset.ts";
import { exposuresIn, FEED_LABELS, feedLabel } from "../read/feed-labels.ts";

export interface CalibrationBin {
  /** Mean of what was predicted, 0–1. */
  readonly predicted: number;
  /** Part of the exposures where it came true. */
  readonly observed: Estimate;
  readonly exposures: number;
}

export interface CalibrationCurve {
  readonly head: HeadName;
  /** Exposures by what was predicted for them, as many in each bin. */
  readonly bins: readonly CalibrationBin[];
  /** Mean distance of predicted and observed over the bins. */
  readonly error: number;
}

export interface CalibrationFigures {
  readonly people: number;
  readonly exposures: number;
  readonly curves: readonly CalibrationCurve[];
}

export interface CalibrationOptions extends Pick<WalkOptions, "dataset" | "assembly" | "ranges"> {
  readonly model: ScoringModel;
  readonly deep: DeepModel;
  /** Of those who were shown something, the first so many of `ranges`. All by default. */
  readonly people?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** Few enough that each has its hundreds of exposures. */
const BINS = 8;

/** Fewer exposures a bin say nothing. */
const LEAST_A_BIN = 25;

interface Exposure {
  readonly person: number;
  readonly predicted: number;
  readonly came: number;
}

/** Undefined where no head is calibrated or too little was shown. */
export async function calibrationFigures(options: CalibrationOptions): Promise<CalibrationFigures | undefined> {
  const { dataset, assembly, ranges, model, deep, seed } = options;
  const heads = calibratedHeads(model.heads, dataset);
  if (heads.length === 0) return undefined;
  const { start, item, at } = dataset.events;
  const { table } = assembly;
  const known = knownItems(assembly);
  const breathe = createBreath(options.signal);
  const all = heads.map((): Exposure[] => []);
  let people = 0;
  for (const { user, from, to } of ranges) {
    await breathe();
    const shown = exposuresIn(dataset, from, to).filter((e) => assembly.rowOfItem[item[e]] >= 0);
    if (shown.length === 0) continue;
    if (people === options.people) break;
    const log = [];
    for (let e = start[user]; e < from; e++) log.push(...loggedEvents(dataset, e, known(assembly.rowOfItem[item[e]])));
    const interest = interestAt(createProfile(model, log), model, at[from]);
    const linear = scoreLinear(table, interest, model);
    const rows = Uint32Array.from(shown, (e) => assembly.rowOfItem[item[e]]);
    const logits = await exposureLogits({ dataset, events: shown, rows, table, interest, linear }, model, deep);
    heads.forEach(({ place, label, calibration: { a, b, c } }, h) => {
      shown.forEach((e, n) => {
        const logit = a + b * linear.total[rows[n]] + c * logits[n * model.heads!.names.length + place];
        all[h].push({ person: people, predicted: 1 / (1 + Math.exp(-logit)), came: label[e] });
      });
    });
    people++;
  }
  if (all[0].length < BINS * LEAST_A_BIN) return undefined;
  return {
    people,
    exposures: all[0].length,
    curves: heads.map(({ name }, h) => curveOf(name, all[h], people, seed)),
  };
}

/** Those that say a probability, whose calibration is another than "the logits as they are", and of which the log says what came. */
function calibratedHeads(heads: Heads | null, dataset: Dataset) {
  return (heads?.names ?? []).flatMap((name, place) => {
    const calibration = heads!.calibration[place];
    const isFitted = calibration.a !== 0 || calibration.b !== 1 || calibration.c !== 1;
    const asked = FEED_LABELS.find((each) => each === name);
    const label = isFitted && asked ? feedLabel(dataset, asked) : undefined;
    return label ? [{ name, place, label, calibration }] : [];
  });
}

function curveOf(head: HeadName, exposures: readonly Exposure[], people: number, seed: number): CalibrationCurve {
  const sorted = exposures.toSorted((a, b) => a.predicted - b.predicted);
  const parts = Array.from({ length: BINS }, (_, b) =>
    sorted.slice(Math.floor((b * sorted.length) / BINS), Math.floor(((b + 1) * sorted.length) / BINS)),
  );
  const sums = parts.map((part) => sumsOf(part, people));
  const bootstrap = createBootstrap(sums, seed);
  const bins = parts.map((part, b): CalibrationBin => ({
    predicted: part.reduce((sum, { predicted }) => sum + predicted, 0) / part.length,
    observed: bootstrap.estimate(sums[b]),
    exposures: part.length,
  }));
  const error =
    bins.reduce((sum, bin) => sum + bin.exposures * Math.abs(bin.predicted - bin.observed.mean), 0) / exposures.length;
  return { head, bins, error };
}

function sumsOf(part: readonly Exposure[], people: number): PersonSums {
  const [sum, count] = [new Float64Array(people), new Float64Array(people)];
  for (const { person, came } of part) {
    sum[person] += came;
    count[person]++;
  }
  return { sum, count };
}
