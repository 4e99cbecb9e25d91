/**
 * The parts of the linear score at a sample of validation targets, for every half-life that is tried. The search over
 * weights then only adds up numbers.
 */
import { interestAt } from "../../shared/interest.ts";
import { type LinearScores, scoreLinear } from "../../shared/linear-score.ts";
import type { LinearWeights } from "../../shared/linear-weights.ts";
import type { ProfileConstants, TimeScale } from "../../shared/posterior.ts";
import type { SignalTable } from "../../shared/signals.ts";
import { createBreath } from "../breath.ts";
import { type WalkOptions, walkTargets } from "../evaluate/walk.ts";
import { below, createRandom } from "../math/random.ts";

/** Half-lives in positives; the i-th of each list are computed in one walk. */
export const TASTE_HALF_LIVES = [20, 60, 200, null] as const;
export const INTENT_HALF_LIVES = [1, 2, 4, 8] as const;
export const NEIGHBOUR_HALF_LIVES = [1, 2, 4, 8] as const;

/** Scores of one part: for each target its own score, then those of the sampled items. */
export interface PartScores {
  /** `[targets]` */
  readonly target: Float32Array;
  /** `[targets, sampled]` */
  readonly others: Float32Array;
}

export interface Parts {
  readonly targets: number;
  readonly sampled: number;
  /** 1 where the sampled item competes: not seen, not the target. `[targets, sampled]` */
  readonly competes: Uint8Array;
  /** How many catalogue items one sampled item stands for. */
  readonly itemsPerSample: number;
  /** One for each half-life. */
  readonly taste: readonly PartScores[];
  readonly intent: readonly PartScores[];
  readonly neighbour: readonly PartScores[];
  /** The content profile fades like taste, so there is one for each of its half-lives. */
  readonly content: readonly PartScores[];
  readonly popularity: PartScores;
}

/** Items a target is ranked among while tuning: enough that ranks of ten are told apart, few enough for memory. */
const SAMPLED_ITEMS = 3_000;

/** Weights of 1, so that every part comes out as it is. */
export function unitWeights(popularityMax: number, neighbourHalfLifePositives: number | null): LinearWeights {
  return {
    taste: 1,
    intent: 1,
    neighbour: 1,
    neighbourHalfLifePositives,
    content: 1,
    popularity: 1,
    popularityMax,
    skip: 0,
    skipHalfLifePositives: null,
    skipHalfLifeMs: null,
    adjustment: 0,
    deviation: 1,
  };
}

export interface PartOptions extends Omit<WalkOptions, "model"> {
  readonly signalTable: SignalTable;
  /** Half-lives are replaced by those that are tried. */
  readonly profile: ProfileConstants;
  readonly popularityMax: number;
  readonly seed: number;
  readonly onStep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export async function computeParts(options: PartOptions): Promise<Parts> {
  const breathe = createBreath(options.signal);
  const { assembly, seed, popularityMax } = options;
  const { table, constants } = assembly;
  const n = table.columns.size;
  const random = createRandom(seed);
  const sample =
    n <= SAMPLED_ITEMS
      ? Uint32Array.from({ length: n }, (_, i) => i)
      : Uint32Array.from({ length: SAMPLED_ITEMS }, () => below(random, n));
  const collected = {
    taste: [] as PartScores[],
    intent: [] as PartScores[],
    neighbour: [] as PartScores[],
    content: [] as PartScores[],
  };
  let popularity: PartScores | undefined;
  const competes: number[] = [];
  let targets = 0;
  for (let h = 0; h < TASTE_HALF_LIVES.length; h++) {
    const profile: ProfileConstants = {
      ...options.profile,
      taste: scaleOf(TASTE_HALF_LIVES[h]),
      intent: scaleOf(INTENT_HALF_LIVES[h]),
    };
    const linear = unitWeights(popularityMax, NEIGHBOUR_HALF_LIVES[h]);
    const makers = Array.from({ length: 5 }, () => createPart(sample));
    const model = {
      dim: table.columns.dim,
      profile,
      signals: options.signalTable,
      linear,
      gram: constants.gram,
      categoryWeight: constants.categoryWeight,
    };
    for (const { row, profile: person, now, seen } of walkTargets({ ...options, model })) {
      await breathe();
      if (row < 0) continue;
      const interest = interestAt(person, model, now);
      const linearScores: LinearScores = scoreLinear(table, interest, model);
      makers[0].add(row, linearScores.taste);
      makers[1].add(row, linearScores.intent);
      makers[2].add(row, linearScores.neighbour);
      makers[3].add(row, linearScores.content);
      if (h > 0) continue;
      makers[4].add(row, linearScores.popularity);
      for (const other of sample) competes.push(Number(other !== row && !seen[other]));
      targets++;
    }
    collected.taste.push(makers[0].done());
    collected.intent.push(makers[1].done());
    collected.neighbour.push(makers[2].done());
    collected.content.push(makers[3].done());
    popularity ??= makers[4].done();
    options.onStep?.(h + 1, TASTE_HALF_LIVES.length);
  }
  return {
    ...collected,
    popularity: popularity!,
    targets,
    sampled: sample.length,
    competes: Uint8Array.from(competes),
    itemsPerSample: n / sample.length,
  };
}

function scaleOf(halfLifePositives: number | null): TimeScale {
  return { halfLifePositives, halfLifeMs: null };
}

function createPart(sample: Uint32Array) {
  const target: number[] = [];
  const others: Float32Array[] = [];
  return {
    add(row: number, scores: Float32Array) {
      target.push(scores[row]);
      others.push(Float32Array.from(sample, (item) => scores[item]));
    },
    done(): PartScores {
      const joined = new Float32Array(others.length * sample.length);
      others.forEach((list, t) => joined.set(list, t * sample.length));
      return { target: Float32Array.from(target), others: joined };
    },
  };
}
