/**
 * The posterior: an exact ridge posterior over interest vectors, updated one signal at a time.
 *
 * `w = c · 2^(−positives_since/h_n) · 2^(−time_since/h_t)`,
 * `A = Σ w v vᵀ + αG + λ(Σw + α|I|)^ν I`, `b = Σ w y v`, `u = A⁻¹ b`.
 *
 * This is the fold-in of implicit ALS (Hu, Koren, Volinsky 2008, eq. 4; regularisation scaled as in Rendle et al. 2021,
 * "Revisiting the Performance of iALS", §3) with graded signals and forgetting. `positives_since` counts later signals
 * with y > 0 only, so that scrolling past ten cards does not wipe out a taste.
 *
 * The state depends on the ordered signals alone: replaying a log gives it bit for bit. Not here: which signals count
 * (`signals.ts`), and what the posterior is used for (`linear-score.ts`).
 */
import { NearfeedError } from "./errors.ts";
import { choleskyInPlace, choleskySolve } from "./linear-algebra.ts";

/** How fast evidence fades. `null` means never. */
export interface TimeScale {
  readonly halfLifePositives: number | null;
  readonly halfLifeMs: number | null;
}

export interface ProfileConstants {
  /** α: weight of the whole catalogue as "not wanted" evidence. */
  readonly alpha: number;
  /** λ: strength of the regularisation. */
  readonly lambda: number;
  /** ν: how the regularisation grows with the evidence. */
  readonly nu: number;
  /** |I|: items in the release. */
  readonly catalogueSize: number;
  readonly taste: TimeScale;
  readonly intent: TimeScale;
}

/** A signal together with the vector of its item. */
export interface WeighedSignal {
  /** Epoch ms. */
  readonly at: number;
  /** y */
  readonly target: number;
  /** c */
  readonly confidence: number;
  /** v, `[d]` */
  readonly vector: ArrayLike<number>;
}

/** Running sums of one time scale, as of the last signal. */
export interface Evidence {
  /** Σ w v vᵀ, lower triangle of `[d, d]` row-major. */
  readonly scatter: Float64Array;
  /** Σ w y v, `[d]`. */
  readonly pull: Float64Array;
  /** Σ w. */
  weight: number;
  /** Time of the last signal, epoch ms; 0 before the first. */
  at: number;
}

export interface Posterior {
  /** u, `[d]`. */
  readonly mean: Float64Array;
  /** Cholesky factor of A, lower triangle of `[d, d]`. */
  readonly factor: Float64Array;
}

export function emptyEvidence(dim: number): Evidence {
  return { scatter: new Float64Array(dim * dim), pull: new Float64Array(dim), weight: 0, at: 0 };
}

/**
 * Adds the next signal in (at, id) order: what stands fades, then the signal joins at full confidence. One that is older
 * than what stands, as it may be where that is carried (`carried.ts`), joins at what time has left of it.
 */
export function addSignal(evidence: Evidence, signal: WeighedSignal, scale: TimeScale): void {
  const { scatter, pull } = evidence;
  const d = pull.length;
  const fade =
    decay(evidence.weight > 0 ? Math.max(0, signal.at - evidence.at) : 0, scale.halfLifeMs) *
    (signal.target > 0 ? decay(1, scale.halfLifePositives) : 1);
  const { target, vector } = signal;
  const confidence = signal.confidence * decay(Math.max(0, evidence.at - signal.at), scale.halfLifeMs);
  for (let i = 0; i < d; i++) {
    const scaled = confidence * vector[i]!;
    const row = i * d;
    for (let j = 0; j <= i; j++) scatter[row + j] = fade * scatter[row + j]! + scaled * vector[j]!;
    pull[i] = fade * pull[i]! + target * scaled;
  }
  evidence.weight = fade * evidence.weight + confidence;
  evidence.at = Math.max(evidence.at, signal.at);
}

/**
 * The posterior as of a moment.
 *
 * @param gram Gram matrix of the catalogue, `[d, d]`
 * @param now epoch ms; evidence has faded by the time since the last signal
 * @throws NearfeedError `bad_release` where the constants make the system unsolvable.
 */
export function posteriorAt(
  evidence: Evidence,
  scale: TimeScale,
  constants: ProfileConstants,
  gram: ArrayLike<number>,
  now: number,
): Posterior {
  const { alpha, lambda, nu, catalogueSize } = constants;
  const d = evidence.pull.length;
  const fade = decay(Math.max(0, now - evidence.at), scale.halfLifeMs);
  const ridge = lambda * (fade * evidence.weight + alpha * catalogueSize) ** nu;
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    const row = i * d;
    for (let j = 0; j <= i; j++) factor[row + j] = fade * evidence.scatter[row + j]! + alpha * gram[row + j]!;
    factor[row + i]! += ridge;
  }
  return solved(factor, evidence.pull, fade);
}

/**
 * The posterior of the evidence alone, for uncertainty: without the catalogue's fictitious "not wanted" evidence (αG),
 * which would make the well-known items look uncertain.
 */
export function evidencePosteriorAt(
  evidence: Evidence,
  scale: TimeScale,
  constants: ProfileConstants,
  now: number,
): Posterior {
  const d = evidence.pull.length;
  const fade = decay(Math.max(0, now - evidence.at), scale.halfLifeMs);
  const ridge = constants.lambda * (constants.alpha * constants.catalogueSize) ** constants.nu;
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    const row = i * d;
    for (let j = 0; j <= i; j++) factor[row + j] = fade * evidence.scatter[row + j]!;
    factor[row + i]! += ridge;
  }
  return solved(factor, evidence.pull, fade);
}

/** w of every signal at a moment, in the order given (which must be the order of the log). `[n]` */
export function weightsAt(signals: readonly WeighedSignal[], scale: TimeScale, now: number): Float64Array {
  const weights = new Float64Array(signals.length);
  let positivesSince = 0;
  const last = signals.length > 0 ? signals[signals.length - 1]!.at : now;
  for (let i = signals.length - 1; i >= 0; i--) {
    const { at, confidence, target } = signals[i]!;
    weights[i] =
      confidence * decay(positivesSince, scale.halfLifePositives) * decay(Math.max(now, last) - at, scale.halfLifeMs);
    if (target > 0) positivesSince++;
  }
  return weights;
}

/**
 * What is left at a moment of evidence that later signals came on top of.
 *
 * @param later the signals, in the order of the log
 * @param at epoch ms, as of when the evidence was whole
 * @param now epoch ms
 */
export function fadeOver(later: readonly WeighedSignal[], scale: TimeScale, at: number, now: number): number {
  const positives = later.reduce((count, { target }) => (target > 0 ? count + 1 : count), 0);
  return decay(positives, scale.halfLifePositives) * decay(Math.max(0, now - at), scale.halfLifeMs);
}

/** 2^(−amount / halfLife). */
export function decay(amount: number, halfLife: number | null): number {
  return halfLife === null ? 1 : 2 ** (-amount / halfLife);
}

function solved(factor: Float64Array, pull: Float64Array, fade: number): Posterior {
  const d = pull.length;
  // A sum of squares plus a ridge is positive definite, unless the ridge drowns in the rounding of the squares.
  if (!choleskyInPlace(factor, d)) {
    throw new NearfeedError(
      "bad_release",
      "The profile has no solution: the regularisation is too small for the vectors.",
      {
        path: "profile.lambda",
      },
    );
  }
  const mean = choleskySolve(factor, d, pull, new Float64Array(d));
  for (let i = 0; i < d; i++) mean[i]! *= fade;
  return { mean, factor };
}
