/** Gathers the figures of a report: what is known already, and what is measured on lists for some people. */
import type { ScoringModel } from "../../shared/model.ts";
import type { DeepModel } from "../../shared/rank.ts";
import { FILE_ROLES, type Release } from "../../shared/release.ts";
import { deepScorer, openDeepSession } from "../evaluate/deep-scorer.ts";
import { coldPeople, KNOWN_EVENTS } from "../evaluate/cold-people.ts";
import { dialCurve } from "../evaluate/dial.ts";
import type { ReplayJob } from "../evaluate/replay-job.ts";
import { linearScorer, type Scorer } from "../evaluate/replay.ts";
import { createScorers } from "../evaluate/scorers.ts";
import type { LearningCurves } from "../deep/learning-curve.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import { createRandom, shuffle } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { packageVersion } from "../package-root.ts";
import { gatherAblation } from "./ablation.ts";
import { calibrationFigures } from "./calibration.ts";
import type { DataProfile } from "./data-profile.ts";
import { gatherExposure } from "./exposure.ts";
import type { ListFigures, QualityFigures, ReportFigures } from "./figures.ts";
import { knownTitles } from "./known-titles.ts";
import type { ModelCard } from "./model-card.ts";
import { drawMoments, momentsAfter } from "./moments.ts";
import { scoredLists } from "./scored-lists.ts";
import { gatherTimes, type StageTime } from "./speed.ts";

/** A release and what is known of how it was made. */
export interface ReportInput {
  readonly release: Release;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  /** Of the deep floor, where there is one. */
  readonly graphs?: ReplayJob["graphs"];
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  /** Its held-out events. */
  readonly ranges: readonly TargetRange[];
  readonly data: DataProfile;
  /** Without it nothing is measured here either. */
  readonly quality?: QualityFigures;
  readonly stages: readonly StageTime[];
  /** How the deep floor learnt, where there is one. */
  readonly curves?: LearningCurves;
  readonly card: ModelCard;
  readonly seed: number;
  /** Epoch ms; events from it on were not learnt from. */
  readonly until?: number;
  /** A clock, in milliseconds. */
  readonly now: () => number;
  readonly onList?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Lists of the linear floor, as far as `MOST_SCORES` goes: a difference of .01 then shows. */
const PEOPLE = 1_000;

/** Item scores that the linear lists may cost: a few seconds. At least `LEAST_PEOPLE` are measured, whatever that costs. */
const MOST_SCORES = 9_000_000;
const LEAST_PEOPLE = 100;

/** Lists that the deep floor ranks, a dozen times each; and lists that are arranged at every setting of the dial. */
const DEEP_PEOPLE = 80;
const DIAL_PEOPLE = 200;

/** People whose next like is guessed seven times, from ever more of what they did; by the linear floor, for the cost. */
const COLD_PEOPLE = 100;

export async function gatherFigures(input: ReportInput): Promise<ReportFigures> {
  const { release, model, graphs, quality, assembly, seed, until } = input;
  return {
    head: {
      release: release.id,
      createdAt: release.createdAt,
      version: packageVersion(),
      seed,
      floor: graphs ? "deep" : "linear",
      items: release.items,
      dim: model.dim,
      ...(until !== undefined && { until }),
    },
    data: input.data,
    ...(quality && { quality, lists: await withDeep(input, (deep) => listFigures(input, deep)) }),
    knownTitles: knownTitles(assembly),
    stages: input.stages,
    ...(input.curves && { curves: input.curves }),
    files: FILE_ROLES.flatMap((role) => {
      const file = release.files[role];
      return file ? [{ role, bytes: file.bytes }] : [];
    }),
    card: input.card,
  };
}

async function withDeep<T>(
  { graphs, model }: ReportInput,
  measure: (deep: DeepModel | undefined) => Promise<T>,
): Promise<T> {
  if (!graphs) return measure(undefined);
  const session = await openDeepSession(graphs, model);
  try {
    return await measure(session);
  } finally {
    await session.release();
  }
}

async function listFigures(input: ReportInput, deep: DeepModel | undefined): Promise<ListFigures> {
  const { dataset, signals, assembly, model, seed, now, signal } = input;
  const { size } = assembly.table.columns;
  const most = Math.min(PEOPLE, Math.max(LEAST_PEOPLE, Math.floor(MOST_SCORES / size)));
  const moments = drawMoments(input.ranges, signals, most, seed);
  const deepPeople = deep ? Math.min(DEEP_PEOPLE, moments.length) : 0;
  const exposure = gatherExposure(assembly, model);
  const ablation = gatherAblation(model, deep, seed);
  const times = gatherTimes();
  const common = { dataset, signals, assembly, model, signal };
  const dialMoments = moments.slice(0, DIAL_PEOPLE);
  const coldMoments = momentsAfter(moments, dataset, KNOWN_EVENTS, COLD_PEOPLE);
  const total = moments.length + dialMoments.length + coldMoments.length;
  const shown = deep ? deepPeople : moments.length;
  let done = 0;
  for await (const list of scoredLists({ ...common, ranges: moments, deep, deepLists: deepPeople, now })) {
    // Lists of one floor alone: another one's would be of other places.
    if (done < shown) exposure.add(list);
    await ablation.add(list);
    times.add(list);
    input.onList?.(++done, total);
  }
  const scorer: Scorer = deep ? deepScorer(assembly, model, deep) : linearScorer;
  const ranges = shuffle([...input.ranges], createRandom(seed));
  const calibration = deep && (await calibrationFigures({ ...common, deep, ranges, people: DEEP_PEOPLE, seed }));
  return {
    people: moments.length,
    deepPeople,
    exposure: exposure.figures(),
    ablation: ablation.figures(),
    ...(calibration && { calibration }),
    times: times.figures(size),
    coldStart: await coldPeople({
      ...common,
      ranges: coldMoments,
      scorers: createScorers(["linear", "popularity"], { assembly, model, seed }),
      seed,
      onPerson: (people) => input.onList?.(moments.length + people, total),
    }),
    dial: {
      people: dialMoments.length,
      default: model.selection.diversity,
      points: await dialCurve({
        ...common,
        ranges: dialMoments,
        scorer,
        people: dialMoments.length,
        seed,
        onTarget: (lists) => input.onList?.(moments.length + coldMoments.length + lists, total),
      }),
    },
  };
}
