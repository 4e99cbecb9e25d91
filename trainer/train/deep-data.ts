/**
 * From a log to what the encoder and the ranker learn from: every user's signals in order, what comes after them held out,
 * and groups of candidates at those held-out moments, as the device's own pipeline would have seen them.
 */
import { ENCODER_EVENTS, encoderInputs, type Moment, momentContext } from "../../shared/encoder-inputs.ts";
import { type Event, EVENT_TYPES } from "../../shared/event.ts";
import { featurize } from "../../shared/featurize.ts";
import { type Interest, interestAt } from "../../shared/interest.ts";
import { createProfile } from "../../shared/profile.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { type Signal, type SignalTable, signalsOf } from "../../shared/signals.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import type { DeepSequence, GroupHistory, HeldOutSequence, RankGroup, RankInput } from "../deep/deep-input.ts";
import { createStrays } from "../evaluate/strays.ts";
import { knownItems, loggedEvents, type WalkedTarget, walkTargets } from "../evaluate/walk.ts";
import type { Assembly } from "../items/assemble.ts";
import { eventOf, type EventSignals } from "../items/event-signals.ts";
import { below, createRandom, type Random, shuffle } from "../math/random.ts";
import { type Dataset, kindsOf } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";

export interface SequenceOptions {
  readonly dataset: Dataset;
  /** What is learnt from: the dataset without the held-out events and all later ones. */
  readonly train: Dataset;
  /** The held-out events, as positions in the dataset. */
  readonly validation: readonly TargetRange[];
  readonly table: SignalTable;
}

export interface GroupOptions {
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  /** Items learnt from what comes before the held-out events. */
  readonly assembly: Assembly;
  readonly validation: readonly TargetRange[];
  readonly model: ScoringModel;
  /** Share of the moments before which somebody else's like is met. */
  readonly strays: number;
  readonly seed: number;
  readonly onGroup?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Moments of one user that become groups: more of one person teach less than those of another. */
const MOMENTS_PER_USER = 16;

/**
 * Every other moment is asked as if the person had come at most so many events ago. Histories of logs are long, and a ranker
 * that knew no others made too much of the first five likes of somebody new: a screen of one genre and its companions.
 */
const SHORT_SHARE = 0.5;
const LONGEST_SHORT = 20;

/** Bound on all groups together: their features are most of the memory of training (64 × 140 numbers each). */
const MOST_GROUPS = 10_000;

/** Candidates of a group, drawn from the list that the ranker re-orders: most of what it decides lies at the top. */
const HEAD_SIZE = 100;
const HEAD_DRAWS = 28;
const TAIL_DRAWS = 35;
const GROUP_SIZE = 1 + HEAD_DRAWS + TAIL_DRAWS;

/** Logs do not say where a list was shown. */
const MOMENT: Moment = { surface: "home", utcOffsetMinutes: 0 };

export function vectorsOf({ index: { columns } }: Assembly): Float32Array {
  const vectors = new Float32Array(columns.size * columns.dim);
  for (let row = 0; row < columns.size; row++) vectors.set(dequantize(columns, row), row * columns.dim);
  return vectors;
}

/** Rows are the dataset's items. */
export function sequencesOf({ dataset, train, validation, table }: SequenceOptions): {
  sequences: DeepSequence[];
  heldOut: HeldOutSequence[];
} {
  const rowOf = new Map(dataset.items.map(({ id }, row) => [id, row]));
  const sequenceOf = (log: Dataset, from: number, to: number) => {
    const events: Event[] = [];
    for (let e = from; e < to; e++) {
      for (const type of kindsOf(log.events.kinds[e])) events.push(eventOf(log, e, type));
    }
    const signals = signalsOf(events, table);
    const sequence: DeepSequence = {
      item: Uint32Array.from(signals, ({ item }) => rowOf.get(item)!),
      signal: signalColumns(signals),
      at: Float64Array.from(signals, ({ at }) => at),
      context: joined(signals.map(({ at }, i) => momentContext(at, signals[Math.max(0, i - 1)].at, i, MOMENT))),
    };
    return { sequence, signals };
  };
  const { start } = train.events;
  const sequences = train.users.map((_, user) => sequenceOf(train, start[user], start[user + 1]).sequence);
  const heldOut = validation.map(({ user, from, to }): HeldOutSequence => {
    const { sequence, signals } = sequenceOf(dataset, dataset.events.start[user], to);
    // Ids of events sort as the dataset does.
    const first = eventOf(dataset, from, EVENT_TYPES[0]).id;
    const targetsFrom = signals.findIndex(({ event }) => event >= first);
    return { sequence, targetsFrom: targetsFrom < 0 ? signals.length : targetsFrom };
  });
  return { sequences, heldOut };
}

export async function rankInputOf(options: GroupOptions): Promise<RankInput> {
  const { dataset, signals, assembly, validation, model, strays, seed, onGroup } = options;
  const breathe = createBreath(options.signal);
  const random = createRandom(seed);
  const chosen = chooseMoments(validation, signals, random);
  const groups: RankGroup[] = [];
  let walked = 0;
  const isTarget = (e: number) => chosen.has(e);
  const shortened = createShortener(options, random);
  const strayOf = createStrays(dataset, signals, strays, seed);
  for (const target of walkTargets({ dataset, signals, assembly, ranges: validation, model, isTarget, strayOf })) {
    await breathe();
    const group = groupOf(shortened(target), assembly, model, random);
    if (group) groups.push(group);
    onGroup?.(++walked, chosen.size);
  }
  return { vectors: vectorsOf(assembly), groups };
}

/** Some targets with the newest few events in place of the whole history; what was met before stays met. */
function createShortener({ dataset, assembly, model }: GroupOptions, random: Random) {
  const { start, item } = dataset.events;
  const known = knownItems(assembly);
  return (target: WalkedTarget): WalkedTarget => {
    if (random() >= SHORT_SHARE) return target;
    // The fewer events there are, the more the next one changes: one to two are drawn as often as ten to twenty.
    const count = Math.floor((LONGEST_SHORT + 1) ** random());
    const first = Math.max(start[target.user], target.event - count);
    const events = Array.from({ length: target.event - first }, (_, i) => first + i);
    const log = events.flatMap((e) => loggedEvents(dataset, e, known(assembly.rowOfItem[item[e]])));
    return { ...target, profile: createProfile(model, [...log, ...(target.stray ?? [])]) };
  };
}

/** Held-out positives, spread over users, as positions in the dataset. */
function chooseMoments(
  validation: readonly TargetRange[],
  { target, confidence }: EventSignals,
  random: Random,
): Set<number> {
  const perUser = Math.max(1, Math.min(MOMENTS_PER_USER, Math.floor(MOST_GROUPS / Math.max(1, validation.length))));
  const chosen = validation.flatMap(({ from, to }) => {
    const positives: number[] = [];
    for (let e = from; e < to; e++) if (target[e] * confidence[e] > 0) positives.push(e);
    return shuffle(positives, random).slice(0, perUser);
  });
  return new Set(shuffle(chosen, random).slice(0, MOST_GROUPS));
}

/** Undefined where the wanted item was not among those that the ranker would have been asked about. */
function groupOf(target: WalkedTarget, assembly: Assembly, model: ScoringModel, random: Random): RankGroup | undefined {
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
