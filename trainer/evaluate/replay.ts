/**
 * Ranks every held-out positive by several models at once, all over the same targets. The tables of all protocols are
 * made here; they differ in the split, and in whether the held-out events of a person are one set.
 */
import { type Interest, interestAt } from "../../shared/interest.ts";
import { type LinearScores, scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createBreath } from "../breath.ts";
import { ranksOf, type Ranks, SET_LIST_LENGTH } from "./metrics.ts";
import { type WalkedList, walkLists, type WalkOptions } from "./walk.ts";

/** Scores every row for one list; rows with −Infinity come last. */
export type Scorer = (
  list: WalkedList,
  interest: Interest,
  linear: LinearScores,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** The linear floor alone. */
export const linearScorer: Scorer = (_, __, { total }) => total;

export interface ReplayOptions extends Omit<WalkOptions, "model"> {
  readonly model: ScoringModel;
  /** The models, by name. */
  readonly scorers: Readonly<Record<string, Scorer>>;
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Ranks by model, all over the same targets in the same order. */
export async function replay(options: ReplayOptions): Promise<Record<string, Ranks>> {
  const { model, assembly, scorers } = options;
  const names = Object.keys(scorers);
  // Metrics of sets end with the list; those of single targets have the mean reciprocal rank among them.
  const depth = options.asSet ? SET_LIST_LENGTH : Infinity;
  const users: number[] = [];
  const ranks = names.map((): number[] => []);
  const breathe = createBreath(options.signal);
  for (const list of walkLists(options)) {
    await breathe();
    const interest = interestAt(list.profile, model, list.now);
    const linear = scoreLinear(assembly.table, interest, model);
    for (let t = 0; t < list.rows.length; t++) users.push(list.user);
    const seen: number[] = [];
    for (let row = 0; row < list.seen.length; row++) if (list.seen[row] === 1) seen.push(row);
    for (const [m, name] of names.entries()) {
      const scores = await scorers[name](list, interest, linear);
      ranks[m].push(...ranksOf(list.rows, scores, seen, depth));
    }
    options.onTarget?.(users.length);
  }
  const user = Uint32Array.from(users);
  return Object.fromEntries(names.map((name, m) => [name, { user, rank: Float64Array.from(ranks[m]) }]));
}
