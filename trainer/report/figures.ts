/**
 * What a report shows, as plain data: everything can be written as JSON. It is gathered in `gather.ts` and drawn in
 * `render.ts`; nothing here knows either.
 */
import type { ColdPeopleTable } from "../evaluate/cold-people.ts";
import type { DialPoint } from "../evaluate/dial.ts";
import type { EvaluationTable } from "../evaluate/protocols.ts";
import type { LearningCurves } from "../deep/learning-curve.ts";
import type { AblationFigures } from "./ablation.ts";
import type { CalibrationFigures } from "./calibration.ts";
import type { DataProfile } from "./data-profile.ts";
import type { ExposureFigures } from "./exposure.ts";
import type { KnownTitle } from "./known-titles.ts";
import type { ModelCard } from "./model-card.ts";
import type { ListTimes, StageTime } from "./speed.ts";

/** Which release it is and how it was made. */
export interface HeadFigures {
  readonly release: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Of this package. */
  readonly version: string;
  readonly seed: number;
  readonly floor: "deep" | "linear";
  readonly items: number;
  readonly dim: number;
  /** Epoch ms; events from it on were not learnt from. */
  readonly until?: number;
}

/** The table of held-out events. */
export interface QualityFigures extends EvaluationTable {
  readonly protocol: "replay" | "split";
  /** Events held out of each person. */
  readonly holdout: number;
}

/** What was measured on lists for some people, one list each at the moment of one held-out like. */
export interface ListFigures {
  /** People drawn, and those among them whose lists the deep floor ranked too. */
  readonly people: number;
  readonly deepPeople: number;
  readonly exposure: ExposureFigures;
  readonly ablation: AblationFigures;
  readonly calibration?: CalibrationFigures;
  readonly times: ListTimes;
  /** After 0, 1, 2, … events: the linear floor, and what needs no events. */
  readonly coldStart: ColdPeopleTable;
  /** The floor that people get, by the diversity dial. */
  readonly dial: {
    readonly people: number;
    /** What lists have unless an app asks otherwise. */
    readonly default: number;
    readonly points: readonly DialPoint[];
  };
}

export interface ReportFigures {
  readonly head: HeadFigures;
  readonly data: DataProfile;
  /** Absent where nothing was measured. */
  readonly quality?: QualityFigures;
  /** Absent where nothing was measured. */
  readonly lists?: ListFigures;
  readonly knownTitles: readonly KnownTitle[];
  readonly stages: readonly StageTime[];
  /** How the deep floor learnt; absent where there is none. */
  readonly curves?: LearningCurves;
  readonly files: readonly { readonly role: string; readonly bytes: number }[];
  readonly card: ModelCard;
}
