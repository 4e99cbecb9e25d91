/**
 * Ranks every held-out positive by several models at once: the linear score, popularity, chance, and any other given.
 * The tables of `replay` and of `leave-one-out` are both made here; they differ in the split alone.
 */
import { type Interest, interestAt } from "../../shared/interest.ts";
import { type LinearScores, popularityScores, scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { createBreath } from "../breath.ts";
import { createRandom } from "../math/random.ts";
import { rankOf, type Ranks } from "./metrics.ts";
import { type WalkedTarget, type WalkOptions, walkTargets } from "./walk.ts";

/** Scores every row for one target; rows with −Infinity come last. */
export type Scorer = (
  target: WalkedTarget,
  interest: Interest,
  linear: LinearScores,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface ReplayOptions extends Omit<WalkOptions, "model"> {
  readonly model: ScoringModel;
  readonly seed: number;
  /** Further models, by name. */
  readonly scorers?: Readonly<Record<string, Scorer>>;
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Ranks by model, all over the same targets in the same order. */
export async function replay(options: ReplayOptions): Promise<Record<string, Ranks>> {
  const { model, assembly } = options;
  const { table } = assembly;
  const popularity = popularityScores(table, model.linear);
  const random = createRandom(options.seed);
  const chance = new Float32Array(table.columns.size);
  const scorers: Record<string, Scorer> = {
    linear: (_, __, linear) => linear.total,
    ...options.scorers,
    popularity: () => popularity,
    random: () => {
      for (let i = 0; i < chance.length; i++) chance[i] = random();
      return chance;
    },
  };
  const names = Object.keys(scorers);
  const users: number[] = [];
  const ranks = names.map((): number[] => []);
  const breathe = createBreath(options.signal);
  for (const target of walkTargets(options)) {
    await breathe();
    const interest = interestAt(target.profile, model, target.now);
    const linear = scoreLinear(table, interest, model);
    users.push(target.user);
    for (const [m, name] of names.entries()) {
      const scores = await scorers[name](target, interest, linear);
      ranks[m].push(rankOf(target.row, scores, (row) => target.seen[row] === 1));
    }
    options.onTarget?.(users.length);
  }
  const user = Uint32Array.from(users);
  return Object.fromEntries(names.map((name, m) => [name, { user, rank: Float64Array.from(ranks[m]) }]));
}
