/**
 * What the deep model learns from, and what it gives. Plain typed arrays: nothing here knows files, logs or releases.
 *
 * The encoder learns from sequences, and refines the item vectors with itself. What comes after each sequence's end is
 * held out: it chooses the checkpoint, and the ranker learns from those moments, so that the first-stage scores it reads are
 * of events that no first stage has seen. A ranker that learnt from others would trust scores that knew the answer.
 */
import type { LearningCurves } from "./learning-curve.ts";
import type { HeadName } from "../../shared/release.ts";

/** Signals of one user, oldest to newest. */
export interface DeepSequence {
  /** `[e]` rows of the item vectors. */
  readonly item: Uint32Array;
  /** `[e, 4]` target, confidence, repel, explicit. */
  readonly signal: Float32Array;
  /** `[e]` epoch ms. */
  readonly at: Float64Array;
  /** `[e, 5]` the context just before each event: hours since the last, local hour, weekday, signals before, surface. */
  readonly context: Float32Array;
}

/** A sequence whose signals from `targetsFrom` on are held out: they are only asked for. */
export interface HeldOutSequence {
  readonly sequence: DeepSequence;
  readonly targetsFrom: number;
}

/** What a list was chosen from at one moment, and what was wanted. */
export interface RankGroup {
  /** A part of the users is held out for checkpoints of the ranker. */
  readonly user: number;
  /** The signals before that moment as `encoderInputs` sees them, oldest to newest, at most L. */
  readonly history: GroupHistory;
  /** `[5]` */
  readonly context: Float32Array;
  /** `[C]` rows of the item vectors; C is the same in every group. */
  readonly candidate: Uint32Array;
  /** `[C, f]` raw, as `featurize` gives them. */
  readonly feature: Float32Array;
  /** `[C]` linear scores. */
  readonly linear: Float32Array;
  /**
   * `[C]` log of the chance that sampling put the candidate here, up to a constant (Bengio & Senécal 2008). Zeros where
   * all had the same. The wanted item must be one that sampling could have given: outside of it, "not retrieved" is
   * what the ranker learns to love.
   */
  readonly logSampling: Float32Array;
  /** Position of the wanted item among the candidates. */
  readonly wanted: number;
}

export interface GroupHistory {
  /** `[k]` */
  readonly item: Uint32Array;
  /** `[k, 4]` */
  readonly signal: Float32Array;
  /** `[k]` hours before the newest of them. */
  readonly age: Float32Array;
}

export interface DeepInput {
  /** d */
  readonly dim: number;
  /** `[n, d]` item vectors of a factorisation. */
  readonly vectors: Float32Array;
  readonly sequences: readonly DeepSequence[];
  readonly heldOut: readonly HeldOutSequence[];
  /** What the ranker learns from, made of the refined vectors. `[n, d]`, in the scale of `vectors` */
  rank(refined: Float32Array): Promise<RankInput>;
}

export interface RankInput {
  /** `[n, d]` item vectors as devices have them, in an order of their own. */
  readonly vectors: Float32Array;
  readonly groups: readonly RankGroup[];
  /** What people were shown; where it is there, the ranker learns from it and not from `groups`. */
  readonly shown?: ShownInput;
}

export interface ShownInput {
  /** What the ranker is to say of what is shown. */
  readonly heads: readonly HeadName[];
  /** Columns of `ShownGroup.feature` that the heads read. */
  readonly reads: readonly number[];
  /** Surfaces that are told apart; none where the log does not say. */
  readonly surfaces: readonly string[];
  readonly groups: readonly ShownGroup[];
}

/** What one person was shown after one moment, and what the person did with it. */
export interface ShownGroup {
  readonly user: number;
  /** `[k]` rows of the item vectors; k is at most `SHOWN_CANDIDATES` and differs. */
  readonly candidate: Uint32Array;
  /** `[k, f]` */
  readonly feature: Float32Array;
  /** `[k]` linear scores. */
  readonly linear: Float32Array;
  /** `[k, heads]` 1 where it happened, 0 where not, of dwell a quantile between them; NaN where nothing says. */
  readonly label: Float32Array;
  /** `[k]` places in the lists that they were shown in, from 0 on; −1 where it is not known. */
  readonly position: Int16Array;
  /** `[k]` what each counts: a candidate of weight 2 as one that was shown twice. */
  readonly weight: Float32Array;
  /** `[k]` surfaces that they were shown on, as places in `ShownInput.surfaces`; the number after its last for any other. */
  readonly surface: Uint8Array;
}

/** Candidates of a group at most; who was shown more has several groups. */
export const SHOWN_CANDIDATES = 8;

export interface DeepOptions {
  /** L of the exported graphs. */
  readonly events: number;
  readonly seed: number;
  /** Threads for the encoder; all cores by default, as far as they have work. */
  readonly threads?: number;
  readonly settings?: Partial<DeepSettings>;
  readonly onProgress?: (progress: DeepProgress) => void;
  readonly signal?: AbortSignal;
}

export interface DeepSettings {
  /** Passes over all sequences, and a bound on the steps whatever the size of the log. */
  readonly encoderEpochs: number;
  readonly encoderMaxSteps: number;
  /** Windows in each of a step's batches, of which there are `STEP_BATCHES`. */
  readonly encoderBatch: number;
  /** Items that each batch's targets are told apart from, where the catalogue is too large for all. */
  readonly negatives: number;
  /** Share of the encoder's windows that turn into another person's, and of its events that are another person's. */
  readonly splices: number;
  readonly strays: number;
  readonly encoderRate: number;
  /** Of the item vectors, whose entries are of size 1. */
  readonly vectorRate: number;
  /** What draws the item vectors back to the factorisation; times the rate, the share of the way that is gone at each step. */
  readonly vectorHome: number;
  readonly rankerEpochs: number;
  readonly rankerMaxSteps: number;
  readonly rankerBatch: number;
  readonly rankerRate: number;
  /** Weight decay; times the rate it is taken from every weight at each step. */
  readonly rankerDecay: number;
  readonly encoderDecay: number;
  readonly encoderDropout: number;
  readonly dropout: number;
  /** Share of the groups' users kept for choosing checkpoints and the weight of the ranker. */
  readonly heldOut: number;
}

/**
 * Chosen on validation of MovieLens-1M by the query alone: NDCG@10 of the next item, retention of the next ten after one stray
 * event, and a(5). Steps of 32 windows, rates of 4e-3, 15 % strays and 30 % splices: 12,800 steps .191, .92, 1.00; 19,200 .197,
 * .94, .98; 25,600 .197, .94, 1.03. Beside the second, rates of 2e-3 for the vectors .192, of 6e-3 for all .197;
 * half the windows and twice the steps .196; 10 % strays hold .86. After 17,000 steps vectors that nothing draws home have lost 6.7 %
 * of what they are worth alone and are no map of those before (23 % of their variance is none); .05 keeps the query's figures (.193,
 * .94, .98) and halves both, .15 costs it .008. Dropout of .1 and .2, a third block and four heads gained nothing.
 */
export const DEEP_SETTINGS: DeepSettings = {
  encoderEpochs: 26,
  encoderMaxSteps: 17_000,
  encoderBatch: 16,
  negatives: 3_072,
  splices: 0.3,
  strays: 0.15,
  encoderRate: 4e-3,
  vectorRate: 4e-3,
  vectorHome: 0.05,
  rankerEpochs: 3,
  rankerMaxSteps: 2_000,
  rankerBatch: 64,
  rankerRate: 3e-3,
  rankerDecay: 0.02,
  encoderDecay: 0.02,
  encoderDropout: 0,
  dropout: 0.1,
  heldOut: 0.1,
};

export type DeepStage = "encoder" | "ranker";

export interface DeepProgress {
  readonly stage: DeepStage;
  readonly step: number;
  readonly total: number;
  /** Steps a second. */
  readonly rate: number;
  readonly loss: number;
}

/** P = σ(a + b·linear + c·logit) */
export interface Calibration {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface TrainedDeep {
  /** `[n, d]`, as given to `DeepInput.rank`. */
  readonly vectors: Float32Array;
  readonly encoder: Uint8Array;
  readonly ranker: Uint8Array;
  readonly heads: readonly string[];
  /** Surfaces that the ranker tells apart, see `Heads`; absent where it tells those apart that all do. */
  readonly surfaces?: readonly string[];
  /** What turns linear score and logit into the log-odds of each head. */
  readonly calibration: readonly Calibration[];
  /** ω of each head: final score = linear + Σ ω · logit. 0 where held-out users gain nothing by the ranker. */
  readonly weights: readonly number[];
  readonly report: DeepReport;
  readonly curves: LearningCurves;
}

/** Losses on held-out events of the encoder, on held-out users of the ranker, in nats a target; null where there were none. */
export interface DeepReport {
  readonly encoder: { readonly start: number | null; readonly best: number | null; readonly steps: number };
  readonly ranker: RankerReport | ShownReport;
}

export interface RankerReport {
  readonly linear: number | null;
  readonly best: number | null;
  readonly steps: number;
  /** What linear scores are multiplied by to read them as log-odds. */
  readonly linearScale: number;
  /** The same of the encoder's query · vector, beside the linear score, before the ranker learns. */
  readonly queryScale: number;
  /** Share of the ranker's own logit that held-out users are best served with, 0–1; 0 where there are none. */
  readonly share: number;
}

/** Of a ranker that learnt from what was shown. */
export interface ShownReport {
  readonly steps: number;
  /** GAUC of each head on held-out users. */
  readonly gauc: Readonly<Record<string, number>>;
}
