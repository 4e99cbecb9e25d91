/**
 * The protocol `cold-start` for items: how those do that nobody has met. Held-out events of items whose interactions were
 * taken out of training are ranked among such items alone, and among all; and how many of the first places such items get.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import { createBootstrap, type Estimate, type PersonSums } from "./bootstrap.ts";
import { LIST_LENGTH, rankOf, targetMetrics } from "./metrics.ts";
import type { Scorer } from "./replay.ts";
import { type WalkOptions, walkLists } from "./walk.ts";

export interface ColdItemsOptions extends Omit<WalkOptions, "model" | "isTarget" | "asSet"> {
  readonly model: ScoringModel;
  /** 1 for every item that training has not met, `[items]` of the dataset. */
  readonly hidden: Uint8Array;
  /** By name; all others are compared with `RIVAL`, where that is one of them. */
  readonly scorers: Readonly<Record<string, Scorer>>;
  readonly seed: number;
  readonly onTarget?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Each target a list of ten of its own. */
export interface ColdFigures {
  readonly hr: Estimate;
  readonly ndcg: Estimate;
}

export interface ColdItemsRow {
  /** Targets that training has not met, ranked among such items. */
  readonly amongCold: ColdFigures;
  /** The same among all items. */
  readonly amongAll: ColdFigures;
  /** Targets that training knows, among all items: what they pay for the others. */
  readonly known: ColdFigures;
  /** Part of the first ten places of everybody's lists that go to items which training has not met. */
  readonly exposure: Estimate;
}

export interface ColdItemsTable {
  /** Part of the catalogue that training has not met. */
  readonly catalogueShare: number;
  /** Part of the held-out events that are of such items: their fair share of exposure. */
  readonly demandShare: number;
  readonly targets: { readonly cold: number; readonly known: number };
  readonly models: Readonly<Record<string, ColdItemsRow>>;
  /** HR of targets that training has not met, "a - b", paired by people. */
  readonly differences: Readonly<Record<string, { readonly amongCold: Estimate; readonly amongAll: Estimate }>>;
}

/** The plain way to rank items that nobody has met. */
export const RIVAL = "category-cosine";

/** Lists that stand for everybody's, for exposure and for targets that training knows: a share is then known to a hundredth. */
const SAMPLED_LISTS = 2_000;

/** @throws NearfeedError `no_data` where no held-out event is of a hidden item */
export async function coldItems(options: ColdItemsOptions): Promise<ColdItemsTable> {
  const { hidden, scorers, seed } = options;
  const { targets, coldTargets, lists } = await rankTargets(options);
  const names = Object.keys(scorers);
  const cold = lists.filter(({ isCold }) => isCold);
  const known = lists.filter(({ isCold }) => !isCold);
  const sampled = lists.filter(({ isSampled }) => isSampled);
  const metrics = (of: readonly RankedList[], name: string, rank: "amongCold" | "amongAll") =>
    targetMetrics({
      user: Uint32Array.from(of, ({ user }) => user),
      rank: Float64Array.from(of, ({ byModel }) => byModel[name][rank]),
    });
  const sums = names.map((name) => ({
    name,
    amongCold: metrics(cold, name, "amongCold"),
    amongAll: metrics(cold, name, "amongAll"),
    known: metrics(known, name, "amongAll"),
    exposure: personSums(sampled, ({ byModel }) => byModel[name].coldPlaces / LIST_LENGTH),
  }));
  const bootstrap = (pick: (of: (typeof sums)[number]) => readonly PersonSums[]) =>
    createBootstrap(sums.flatMap(pick), seed);
  const ofCold = bootstrap(({ amongCold, amongAll }) => [amongCold, amongAll].flatMap(({ hr, ndcg }) => [hr, ndcg]));
  const ofKnown = bootstrap((of) => [of.known.hr, of.known.ndcg]);
  const ofShown = bootstrap(({ exposure }) => [exposure]);
  const rival = sums.find(({ name }) => name === RIVAL);
  return {
    catalogueShare: hidden.reduce((sum, each) => sum + each, 0) / hidden.length,
    demandShare: coldTargets / targets,
    targets: { cold: cold.length, known: known.length },
    models: Object.fromEntries(
      sums.map(({ name, amongCold, amongAll, known: others, exposure }): [string, ColdItemsRow] => [
        name,
        {
          amongCold: { hr: ofCold.estimate(amongCold.hr), ndcg: ofCold.estimate(amongCold.ndcg) },
          amongAll: { hr: ofCold.estimate(amongAll.hr), ndcg: ofCold.estimate(amongAll.ndcg) },
          known: { hr: ofKnown.estimate(others.hr), ndcg: ofKnown.estimate(others.ndcg) },
          exposure: ofShown.estimate(exposure),
        },
      ]),
    ),
    differences: Object.fromEntries(
      sums
        .filter((of) => rival && of !== rival)
        .map(({ name, amongCold, amongAll }) => [
          `${name} - ${RIVAL}`,
          {
            amongCold: ofCold.difference(amongCold.hr, rival!.amongCold.hr),
            amongAll: ofCold.difference(amongAll.hr, rival!.amongAll.hr),
          },
        ]),
    ),
  };
}

/** What each model makes of one list. */
interface RankedList {
  readonly user: number;
  readonly isCold: boolean;
  /** Whether it is one of those that stand for everybody's. */
  readonly isSampled: boolean;
  readonly byModel: Readonly<
    Record<string, { readonly amongAll: number; readonly amongCold: number; readonly coldPlaces: number }>
  >;
}

async function rankTargets(options: ColdItemsOptions) {
  const { dataset, signals, assembly, model, ranges, hidden, scorers } = options;
  const { item } = dataset.events;
  const isCold = (e: number) => hidden[item[e]] === 1;
  const targets: number[] = [];
  for (const { from, to } of ranges)
    for (let e = from; e < to; e++) if (signals.target[e] * signals.confidence[e] > 0) targets.push(e);
  const every = Math.max(1, targets.length / SAMPLED_LISTS);
  const sampled = new Set(targets.filter((_, t) => Math.floor((t + 1) / every) > Math.floor(t / every)));
  const cold = targets.filter(isCold);
  if (cold.length === 0) {
    throw new NearfeedError(
      "no_data",
      "There is nothing to measure: no held-out event is of an item that training has not met",
    );
  }
  const picked = new Set([...cold, ...sampled]);
  const coldRow = new Uint8Array(assembly.table.columns.size);
  assembly.rowOfItem.forEach((row, i) => {
    if (row >= 0) coldRow[row] = hidden[i];
  });
  const breathe = createBreath(options.signal);
  const lists: RankedList[] = [];
  for (const list of walkLists({ ...options, isTarget: (e) => picked.has(e) })) {
    await breathe();
    const { event, seen, user, rows } = list;
    const interest = interestAt(list.profile, model, list.now);
    const linear = scoreLinear(assembly.table, interest, model);
    const byModel: Record<string, RankedList["byModel"][string]> = {};
    for (const [name, scorer] of Object.entries(scorers)) {
      const scores = await scorer(list, interest, linear);
      const rank = (isOut: (row: number) => boolean) => rankOf(rows[0], scores, (row) => seen[row] === 1 || isOut(row));
      byModel[name] = {
        amongAll: rank(() => false),
        amongCold: isCold(event) ? rank((row) => coldRow[row] === 0) : NaN,
        coldPlaces: sampled.has(event) ? coldPlaces(scores, seen, coldRow) : NaN,
      };
    }
    lists.push({ user, isCold: isCold(event), isSampled: sampled.has(event), byModel });
    options.onTarget?.(lists.length, picked.size);
  }
  return { targets: targets.length, coldTargets: cold.length, lists };
}

/** How many of the first ten are cold; equal scores come in the order of rows. */
function coldPlaces(scores: ArrayLike<number>, seen: Uint8Array, coldRow: Uint8Array): number {
  const open = Float32Array.from(scores, (score, row) => (seen[row] === 1 ? -Infinity : score));
  return topK(open, LIST_LENGTH).reduce((sum, row) => sum + coldRow[row], 0);
}

/** Lists of one person come one after the other. */
function personSums(lists: readonly RankedList[], of: (list: RankedList) => number): PersonSums {
  const sums = new Map<number, [sum: number, count: number]>();
  for (const list of lists) {
    const [sum, count] = sums.get(list.user) ?? [0, 0];
    sums.set(list.user, [sum + of(list), count + 1]);
  }
  const people = [...sums.values()];
  return { sum: Float64Array.from(people, ([sum]) => sum), count: Float64Array.from(people, ([, count]) => count) };
}
