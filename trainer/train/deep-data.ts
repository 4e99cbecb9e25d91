/**
 * From a log and cross-fitted items to what the encoder and the ranker learn from: every user's signals in order, and
 * groups of candidates at moments of their past, as the device's own pipeline would have seen them.
 */
import { ENCODER_EVENTS, encoderInputs, type Moment, momentContext } from "../../shared/encoder-inputs.ts";
import type { Event } from "../../shared/event.ts";
import { featurize } from "../../shared/featurize.ts";
import { type Interest, interestAt } from "../../shared/interest.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { type Signal, signalsOf } from "../../shared/signals.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import type { DeepInput, DeepSequence, GroupHistory, RankGroup } from "../deep/deep-input.ts";
import { type WalkedTarget, walkTargets } from "../evaluate/walk.ts";
import type { Assembly } from "../items/assemble.ts";
import type { CrossFit } from "../items/cross-fit.ts";
import { eventOf, type EventSignals } from "../items/event-signals.ts";
import { below, createRandom, type Random, shuffle } from "../math/random.ts";
import { type Dataset, kindsOf } from "../read/dataset.ts";

export interface DeepDataOptions {
  /** What the items were learnt from. */
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  /** The release's items. */
  readonly assembly: Assembly;
  readonly crossFit: CrossFit;
  readonly model: ScoringModel;
  readonly seed: number;
  readonly onGroup?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Moments of one user that become groups: more of one person teach less than those of another. */
const MOMENTS_PER_USER = 16;

/** Bound on all groups together: their features are most of the memory of training (64 × 140 numbers each). */
const MOST_GROUPS = 10_000;

/** Candidates of a group, drawn from the list that the ranker re-orders: most of what it decides lies at the top. */
const HEAD_SIZE = 100;
const HEAD_DRAWS = 28;
const TAIL_DRAWS = 35;
const GROUP_SIZE = 1 + HEAD_DRAWS + TAIL_DRAWS;

/** Logs do not say where a list was shown. */
const MOMENT: Moment = { surface: "home", utcOffsetMinutes: 0 };

export async function deepData(options: DeepDataOptions): Promise<DeepInput> {
  const { assembly, crossFit } = options;
  return {
    dim: assembly.index.columns.dim,
    spaces: [assembly, ...crossFit.assemblies].map(vectorsOf),
    sequences: sequencesOf(options),
    groups: await groupsOf(options),
  };
}

function vectorsOf({ index: { columns } }: Assembly): Float32Array {
  const vectors = new Float32Array(columns.size * columns.dim);
  for (let row = 0; row < columns.size; row++) vectors.set(dequantize(columns, row), row * columns.dim);
  return vectors;
}

/** Space 0 is the release's own, the others those of the folds. */
function spaceOf(crossFit: CrossFit, user: number): number {
  return crossFit.foldOf[user] + 1;
}

function sequencesOf({ dataset, assembly, crossFit, model }: DeepDataOptions): DeepSequence[] {
  const { start } = dataset.events;
  return dataset.users.map((_, user): DeepSequence => {
    const events: Event[] = [];
    for (let e = start[user]; e < start[user + 1]; e++) {
      for (const type of kindsOf(dataset.events.kinds[e])) events.push(eventOf(dataset, e, type));
    }
    const signals = signalsOf(events, model.signals);
    return {
      user,
      space: spaceOf(crossFit, user),
      item: rowsOf(signals, assembly),
      signal: signalColumns(signals),
      at: Float64Array.from(signals, ({ at }) => at),
      context: joined(signals.map(({ at }, i) => momentContext(at, signals[Math.max(0, i - 1)].at, i, MOMENT))),
    };
  });
}

async function groupsOf(options: DeepDataOptions): Promise<RankGroup[]> {
  const { dataset, signals, crossFit, model, seed, onGroup } = options;
  const breathe = createBreath(options.signal);
  const random = createRandom(seed);
  const chosen = chooseMoments(dataset, signals, random);
  const groups: RankGroup[] = [];
  let walked = 0;
  for (const [fold, assembly] of crossFit.assemblies.entries()) {
    const users = dataset.users.map((_, u) => u).filter((u) => crossFit.foldOf[u] === fold);
    const ranges = users.map((user) => ({
      user,
      from: dataset.events.start[user],
      to: dataset.events.start[user + 1],
    }));
    const foldModel = { ...model, gram: assembly.constants.gram };
    for (const target of walkTargets({ dataset, signals, assembly, ranges, model, isTarget: (e) => chosen.has(e) })) {
      await breathe();
      const group = groupOf(target, fold + 1, assembly, foldModel, random);
      if (group) groups.push(group);
      onGroup?.(++walked, chosen.size);
    }
  }
  return groups;
}

/** Positives with some past, spread over users, as positions in the dataset. */
function chooseMoments(dataset: Dataset, { target, confidence }: EventSignals, random: Random): Set<number> {
  const { start } = dataset.events;
  const perUser = Math.max(1, Math.min(MOMENTS_PER_USER, Math.floor(MOST_GROUPS / dataset.users.length)));
  const chosen = dataset.users.flatMap((_, u) => {
    const positives: number[] = [];
    for (let e = start[u] + 1; e < start[u + 1]; e++) if (target[e] * confidence[e] > 0) positives.push(e);
    return shuffle(positives, random).slice(0, perUser);
  });
  return new Set(shuffle(chosen, random).slice(0, MOST_GROUPS));
}

/** Undefined where the wanted item was not among those that the ranker would have been asked about. */
function groupOf(
  target: WalkedTarget,
  space: number,
  assembly: Assembly,
  model: ScoringModel,
  random: Random,
): RankGroup | undefined {
  const { row, profile, seen, now, user } = target;
  const { table } = assembly;
  const interest = interestAt(profile, model, now);
  const scores = scoreLinear(table, interest, model);
  const open = scores.total.map((score, other) => (seen[other] ? -Infinity : score));
  const drawn = drawCandidates(topK(open, DEEP_CANDIDATES), row, random);
  if (!drawn) return undefined;
  const { context } = encoderInputs(interest, table.columns.dim, MOMENT);
  return {
    user,
    space,
    history: historyOf(interest, assembly),
    context,
    candidate: drawn.rows,
    feature: featurize(table, drawn, interest, scores, model),
    linear: Float32Array.from(drawn.rows, (candidate) => scores.total[candidate]),
    logSampling: drawn.logSampling,
    wanted: 0,
  };
}

interface Drawn {
  /** The wanted row first. `[GROUP_SIZE]` */
  readonly rows: Uint32Array;
  readonly logSampling: Float32Array;
}

/** Draws from the head and the tail of a ranked list without repeats, and says how likely each was to be drawn. */
function drawCandidates(ranked: Uint32Array, wanted: number, random: Random): Drawn | undefined {
  const position = ranked.indexOf(wanted);
  if (position < 0 || ranked.length < GROUP_SIZE) return undefined;
  const others = Array.from(ranked).filter((row) => row !== wanted);
  const head = Math.min(HEAD_SIZE, others.length);
  // A short list has no long tail: what it cannot give comes from the head.
  const tailDraws = Math.min(TAIL_DRAWS, others.length - head);
  const headDraws = HEAD_DRAWS + TAIL_DRAWS - tailDraws;
  const draws = (from: number, size: number, count: number) =>
    sampleBelow(size, count, random).map((i) => others[from + i]);
  const chance = {
    head: Math.log(headDraws / head),
    tail: tailDraws > 0 ? Math.log(tailDraws / (others.length - head)) : 0,
  };
  return {
    rows: Uint32Array.from([wanted, ...draws(0, head, headDraws), ...draws(head, others.length - head, tailDraws)]),
    logSampling: Float32Array.from([
      position < head ? chance.head : chance.tail,
      ...Array<number>(headDraws).fill(chance.head),
      ...Array<number>(tailDraws).fill(chance.tail),
    ]),
  };
}

/** `count` different whole numbers below `size`. */
function sampleBelow(size: number, count: number, random: Random): number[] {
  const taken = new Set<number>();
  while (taken.size < count) taken.add(below(random, size));
  return [...taken];
}

function historyOf(interest: Interest, assembly: Assembly): GroupHistory {
  const recent = interest.signals.slice(-ENCODER_EVENTS);
  const { eventAge } = encoderInputs(interest, assembly.index.columns.dim, MOMENT);
  return {
    item: rowsOf(recent, assembly),
    signal: signalColumns(recent),
    age: eventAge.slice(ENCODER_EVENTS - recent.length),
  };
}

function rowsOf(signals: readonly Signal[], { table }: Assembly): Uint32Array {
  return Uint32Array.from(signals, ({ item }) => table.rowOf.get(item)!);
}

function signalColumns(signals: readonly Signal[]): Float32Array {
  return Float32Array.from(
    signals.flatMap(({ target, confidence, repel, explicit }) => [target, confidence, repel, Number(explicit)]),
  );
}

function joined(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}
