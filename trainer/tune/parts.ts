/**
 * The parts of the linear score at a sample of validation lists, for every half-life that is tried. The search over
 * weights then only adds up numbers.
 *
 * A list is ranked among the items that some part puts high, each for itself, and a sample of the others: an item that no
 * part puts high is not among the first by any weights.
 */
import { interestAt } from "../../shared/interest.ts";
import { type LinearScores, scoreLinear } from "../../shared/linear-score.ts";
import type { LinearWeights } from "../../shared/linear-weights.ts";
import type { ProfileConstants, TimeScale } from "../../shared/posterior.ts";
import type { SignalTable } from "../../shared/signals.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import { idealDcg, LIST_LENGTH, SET_LIST_LENGTH } from "../evaluate/metrics.ts";
import { type WalkedList, walkLists, type WalkOptions } from "../evaluate/walk.ts";
import { below, createRandom, type Random } from "../math/random.ts";

/** Half-lives in positives; the i-th of each list are computed in one walk. */
export interface HalfLives {
  readonly taste: readonly (number | null)[];
  readonly intent: readonly (number | null)[];
  readonly neighbour: readonly (number | null)[];
}

export const ORDERED_HALF_LIVES: HalfLives = {
  taste: [5, 20, 60, 200, null],
  intent: [1, 2, 4, 8, 16],
  neighbour: [1, 2, 4, 8, null],
};

/** Where order means nothing, nothing is the older for coming first, and there is no intent beside taste. */
export const UNORDERED_HALF_LIVES: HalfLives = { taste: [null], intent: [null], neighbour: [null] };

/** Scores of one part: of the targets, and of the items that each list is ranked among. */
export interface PartScores {
  /** `[targets]` */
  readonly target: Float32Array;
  /** `[lists, sampled]` */
  readonly others: Float32Array;
}

export interface Parts {
  /** Targets of list l: `start[l]` to `start[l + 1]`. `[lists + 1]` */
  readonly start: Uint32Array;
  readonly sampled: number;
  /** How many items of the catalogue one sampled item stands for; 0 where it does not compete. `[lists, sampled]` */
  readonly standsFor: Float32Array;
  /** What a list's DCG is divided by for the mean over lists. `[lists]` */
  readonly ideal: Float64Array;
  /** Places that a list has. */
  readonly length: number;
  readonly halfLives: HalfLives;
  /** One for each half-life. */
  readonly taste: readonly PartScores[];
  readonly intent: readonly PartScores[];
  readonly neighbour: readonly PartScores[];
  /** The content profile fades like taste, so there is one for each of its half-lives. */
  readonly content: readonly PartScores[];
  readonly popularity: PartScores;
}

/** Items a list is ranked among while tuning; few enough for memory. */
const SAMPLED_ITEMS = 1_500;

/** Items that each part puts first and that are ranked each for itself: what makes the list is among them by far. */
const FIRST_ITEMS = 200;

/** Half-lives, by place in their lists, whose parts say which items those are, and that the search begins at. */
export const USUAL = 1;

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
  readonly halfLives: HalfLives;
  readonly popularityMax: number;
  /** Positives whose neighbours count; as many as a release looks at that does not say. */
  readonly neighbourPositives?: number;
  readonly seed: number;
  readonly onStep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const NAMES = ["taste", "intent", "neighbour", "content", "popularity"] as const;
type Name = (typeof NAMES)[number];

export async function computeParts(options: PartOptions): Promise<Parts> {
  const { assembly, asSet = false, halfLives, seed } = options;
  const size = assembly.table.columns.size;
  const tried = halfLives.taste.length;
  const usual = Math.min(USUAL, tried - 1);
  const random = createRandom(seed);
  const start = [0];
  const ideal: number[] = [];
  const samples: Sample[] = [];
  const length = asSet ? SET_LIST_LENGTH : LIST_LENGTH;
  const collected: Record<Name, PartScores[]> = { taste: [], intent: [], neighbour: [], content: [], popularity: [] };
  // The usual ones first: they say which items there are to be ranked among.
  const order = [usual, ...Array.from({ length: tried }, (_, h) => h).filter((h) => h !== usual)];
  for (const [step, h] of order.entries()) {
    const makers = NAMES.map(() => createPart());
    let l = 0;
    for await (const { list, scores } of scoredLists(options, h)) {
      const known = list.rows.filter((row) => row >= 0);
      if (h === usual) {
        samples.push(sampleOf(size, scores, list, random));
        start.push(start.at(-1)! + known.length);
        ideal.push(asSet ? idealDcg(list.rows.length, length) : 1);
      }
      NAMES.forEach((name, p) => makers[p].add(known, samples[l].rows, scores[name]));
      l++;
    }
    NAMES.forEach((name, p) => (collected[name][h] = makers[p].done()));
    options.onStep?.(step + 1, tried);
  }
  const { popularity, ...parts } = collected;
  return {
    ...parts,
    popularity: popularity[0],
    start: Uint32Array.from(start),
    sampled: samples[0]?.rows.length ?? 0,
    standsFor: joined(samples.map(({ standsFor }) => standsFor)),
    ideal: Float64Array.from(ideal),
    length,
    halfLives,
  };
}

/** Every list with its scores at the h-th half-lives. */
async function* scoredLists(
  options: PartOptions,
  h: number,
): AsyncGenerator<{ readonly list: WalkedList; readonly scores: LinearScores }> {
  const { assembly, halfLives } = options;
  const { table, constants } = assembly;
  const breathe = createBreath(options.signal);
  const profile: ProfileConstants = {
    ...options.profile,
    taste: scaleOf(halfLives.taste[h]),
    intent: scaleOf(halfLives.intent[h]),
  };
  const { neighbourPositives } = options;
  const model = {
    dim: table.columns.dim,
    profile,
    signals: options.signalTable,
    linear: {
      ...unitWeights(options.popularityMax, halfLives.neighbour[h]),
      ...(neighbourPositives !== undefined && { neighbourPositives }),
    },
    gram: constants.gram,
    categoryWeight: constants.categoryWeight,
  };
  for (const list of walkLists({ ...options, model })) {
    await breathe();
    if (list.rows.every((row) => row < 0)) continue;
    yield { list, scores: scoreLinear(table, interestAt(list.profile, model, list.now), model) };
  }
}

/** The items that one list is ranked among. */
interface Sample {
  readonly rows: Uint32Array;
  readonly standsFor: Float32Array;
}

function sampleOf(size: number, scores: LinearScores, { rows: targets, seen }: WalkedList, random: Random): Sample {
  const competes = (row: number) => !seen[row] && !targets.includes(row);
  if (size <= SAMPLED_ITEMS) {
    const rows = Uint32Array.from({ length: size }, (_, row) => row);
    return { rows, standsFor: Float32Array.from(rows, (row) => Number(competes(row))) };
  }
  const first = new Set<number>();
  for (const name of NAMES) {
    const open = Float32Array.from(scores[name], (score, row) => (competes(row) ? score : -Infinity));
    for (const row of topK(open, FIRST_ITEMS)) first.add(row);
  }
  const rows = new Uint32Array(SAMPLED_ITEMS);
  rows.set([...first]);
  const standsFor = new Float32Array(SAMPLED_ITEMS).fill(1, 0, first.size);
  for (let s = first.size; s < SAMPLED_ITEMS; s++) {
    do rows[s] = below(random, size);
    while (first.has(rows[s]));
    standsFor[s] = competes(rows[s]) ? (size - first.size) / (SAMPLED_ITEMS - first.size) : 0;
  }
  return { rows, standsFor };
}

function scaleOf(halfLifePositives: number | null): TimeScale {
  return { halfLifePositives, halfLifeMs: null };
}

function createPart() {
  const target: number[] = [];
  const others: Float32Array[] = [];
  return {
    add(rows: readonly number[], sample: Uint32Array, scores: Float32Array) {
      for (const row of rows) target.push(scores[row]);
      const taken = new Float32Array(sample.length);
      for (let s = 0; s < sample.length; s++) taken[s] = scores[sample[s]];
      others.push(taken);
    },
    done: (): PartScores => ({ target: Float32Array.from(target), others: joined(others) }),
  };
}

/** Arrays of one length, one after the other. */
function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.length * (arrays[0]?.length ?? 0));
  arrays.forEach((array, i) => all.set(array, i * array.length));
  return all;
}
