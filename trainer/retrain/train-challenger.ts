/** Trains the release that may follow the active one, measures both, and writes it to its folder. It publishes nothing. */
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import type { JsonObject } from "../../shared/parse.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";
import { eventSignals } from "../items/event-signals.ts";
import type { Assembly } from "../items/assemble.ts";
import type { Dataset } from "../read/dataset.ts";
import { takenInLists, withoutImpressions } from "../read/without-impressions.ts";
import type { ReadReport } from "../read/read-dataset.ts";
import { buildRelease } from "../release/build-release.ts";
import { writeReleaseFolder } from "../release/release-folder.ts";
import { profileData } from "../report/data-profile.ts";
import { modelCard, type ModelCardInput } from "../report/model-card.ts";
import { fitSpaceMap } from "../release/space-map.ts";
import { eventsBefore } from "../split/split-at.ts";
import { learnShown } from "../train/learn-shown.ts";
import { trainDeepRelease } from "../train/train-deep-release.ts";
import { trainLinear } from "../train/train-linear.ts";
import type { LinearFit } from "../tune/tune-linear.ts";
import { type Contender, runGate } from "./gate.ts";
import { chooseHoldout } from "./holdout.ts";
import type { Incumbent } from "./incumbent.ts";
import type { Retrained } from "./retrained.ts";
import { chooseShownHoldout, runShownGate } from "./shown-gate.ts";
import type { Verdict } from "./verdict.ts";

export interface ChallengerOptions {
  /** All events of all logs. */
  readonly dataset: Dataset;
  /** Those of the event log. */
  readonly people: ReadonlySet<string>;
  /** Absent where nothing is active: then nothing is held out and nothing compared. */
  readonly incumbent?: Incumbent;
  /** What the model card says of them beside what they hold. */
  readonly about: DataAbout;
  /** Hashes that are written into the release. */
  readonly made: Pick<Retrained, "data" | "recipe">;
  /** The folder of releases; it is written into a folder of its id there. */
  readonly releases: string;
  readonly seed: number;
  readonly deep: boolean;
  /** Whether it learns from what people were shown, and is measured by that alone. */
  readonly exposures: boolean;
  readonly fit?: LinearFit;
  readonly now: () => number;
  readonly onStep?: (stage: string, done: number, total: number) => void;
  readonly onNote?: (note: string) => void;
  readonly signal?: AbortSignal;
}

/** Where events come from. */
export interface DataAbout {
  readonly files: readonly string[];
  /** Of the event log. */
  readonly report: ReadReport;
  /** What a file beside the base files says of their use. */
  readonly notice: ModelCardInput["notice"];
}

export interface Challenger {
  readonly id: string;
  readonly folder: string;
  readonly made: Retrained;
}

/** @throws NearfeedError `no_data` where there is too little to learn from or to be measured on */
export async function trainChallenger(options: ChallengerOptions): Promise<Challenger> {
  const { dataset, incumbent, seed, fit, now, onStep, signal } = options;
  const signals = eventSignals(dataset, DEFAULT_SIGNALS);
  const trial = incumbent && prepareTrial(incumbent, options);
  const before = trial ? eventsBefore(dataset, trial.from) : dataset;
  const learnt = options.exposures ? before : withoutImpressions(before);
  const next = await trainLinear(learnt, { seed, holdout: 0, fit, onStep, signal });
  const shown = options.exposures
    ? await learnShown(learnt, next, { seed, onStep, signal, deep: options.deep })
    : undefined;
  const linear = shown?.linear ?? next;
  const deep = options.deep ? await trainDeepRelease(learnt, linear, { seed, fit, onStep, signal, shown }) : undefined;
  const trained = deep?.linear ?? linear;
  const model = { ...trained.model, heads: deep?.heads ?? null };
  const verdict = await trial?.judge({ assembly: trained.assembly, model, ...(deep && { graphs: deep }) });
  const { files, report, notice } = options.about;
  const card = modelCard({
    data: profileData(dataset, signals, report, files, now()),
    seed,
    holdout: 0,
    isTuned: !fit,
    hasDeep: deep !== undefined,
    notice,
    gate: verdict,
  });
  const made: Retrained = { ...options.made, ...(trial && { from: trial.from, verdict }) };
  const { release, bytes } = await buildRelease(trained, {
    createdAt: now(),
    metrics: {
      holdout: 0,
      seed,
      ...(trial && { until: trial.from }),
      ...(shown && { exposures: true }),
      retrain: made,
      tuned: { ...trained.fit },
      ...(deep && { deep: deep.report }),
      card,
    } as unknown as JsonObject,
    deep,
    spaceMap: incumbent && mapFrom(incumbent.assembly, trained.assembly, options),
  });
  const folder = join(options.releases, release.id);
  signal?.throwIfAborted();
  await writeReleaseFolder(folder, release, bytes);
  return { id: release.id, folder, made };
}

/** What both releases are asked, chosen before the new one learns. */
interface Trial {
  /** It learns from events before it. Epoch ms */
  readonly from: number;
  judge(challenger: Contender): Promise<Verdict>;
}

function prepareTrial(
  incumbent: Incumbent,
  { dataset, people, exposures, seed, onStep, signal }: ChallengerOptions,
): Trial {
  const since = incumbent.until;
  const both = { incumbent, seed, signal };
  const onTarget = (done: number, total: number) => onStep?.("gate", done, total);
  const shown = orNoData(() => chooseShownHoldout(dataset, { people, since }));
  const plain = withoutImpressions(dataset);
  const signals = eventSignals(plain, DEFAULT_SIGNALS);
  const inLists = takenInLists(dataset);
  const next = exposures ? undefined : orNoData(() => chooseHoldout(plain, signals, { people, since, inLists }));
  // The question of which more people can be asked: in many an app nearly all is liked in a list.
  if (next?.chosen && next.chosen.ranges.length >= (shown.chosen?.people ?? 0)) {
    const holdout = next.chosen;
    return {
      from: holdout.from,
      judge: (challenger) => runGate({ ...both, dataset: plain, signals, holdout, challenger, onTarget }),
    };
  }
  if (!shown.chosen) throw next?.refusal ?? shown.refusal;
  const holdout = shown.chosen;
  return {
    from: holdout.from,
    judge: (challenger) => runShownGate({ ...both, dataset, holdout, challenger, onTarget }),
  };
}

/** What is chosen, or why there is nothing to choose from. */
function orNoData<T>(choose: () => T): { readonly chosen?: T; readonly refusal?: NearfeedError } {
  try {
    return { chosen: choose() };
  } catch (error) {
    if (error instanceof NearfeedError && error.code === "no_data") return { refusal: error };
    throw error;
  }
}

/** Devices do without a map where there can be none: then they know only of items that the new release has. */
function mapFrom(previous: Assembly, next: Assembly, { onNote }: ChallengerOptions): SpaceMap | undefined {
  try {
    return fitSpaceMap(previous, next);
  } catch (error) {
    if (!(error instanceof NearfeedError)) throw error;
    onNote?.(`profiles are not carried over: ${error.message}`);
    return undefined;
  }
}
