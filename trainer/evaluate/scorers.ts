/** The models that a table can have rows of, by name: the release's own floors, its parts alone, and the plainest rivals. */
import { arrange } from "../../shared/arrange.ts";
import { popularityScores } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { topK } from "../../shared/top-k.ts";
import type { Assembly } from "../items/assemble.ts";
import { createRandom } from "../math/random.ts";
import { categoryCosine } from "./category-cosine.ts";
import { easeScorer, type EaseWeights } from "./ease.ts";
import { LIST_LENGTH } from "./metrics.ts";
import { linearScorer, type Scorer } from "./replay.ts";
import type { WalkedList } from "./walk.ts";

/**
 * `deep`: the deep floor · `linear`: the linear score · `selected`: the list shown at the default dial · `unexplored`: the
 * same without exploration · `item-knn`: the neighbours alone · `ials`, `ials-recent`: the vectors alone, at the time scales of taste
 * and of intent · `category-cosine`: categories alone, where the catalogue has any · `ease`, `ease-recent`: a rival that no release has.
 */
export const MODELS = [
  "linear",
  "deep",
  "selected",
  "unexplored",
  "item-knn",
  "ials",
  "ials-recent",
  "category-cosine",
  "ease",
  "ease-recent",
  "popularity",
  "random",
] as const;
export type ModelName = (typeof MODELS)[number];

/** What knows nobody: in every table, whatever is asked for. */
export const PLAINEST = ["popularity", "random"] as const satisfies readonly ModelName[];

/** Primes far from each other: the streams of two targets, and of two seeds, have nothing in common. */
const TARGET_STEP = 1_000_003;

export interface ScorerOptions {
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly seed: number;
  /** Ranks by the deep floor, where the release has one. */
  readonly deep?: Scorer;
  /** Rows in those of the assembly; where it was fitted. */
  readonly ease?: EaseWeights;
}

/** Scorers of those of the models that the release has. */
export function createScorers(names: readonly ModelName[], options: ScorerOptions): Record<string, Scorer> {
  const { assembly, model, seed, ease } = options;
  const { table } = assembly;
  const deep = options.deep && oncePerList(options.deep);
  const floor: Scorer = deep ?? linearScorer;
  const popularity = popularityScores(table, model.linear);
  const categories = table.dictionaries.categories.length;
  const chance = new Float32Array(table.columns.size);
  const all: Record<ModelName, Scorer | undefined> = {
    linear: linearScorer,
    deep,
    selected: selectedScorer(assembly, model, floor, ({ event }) => `${seed} ${event}`),
    unexplored: selectedScorer(assembly, model, floor),
    "item-knn": (_, __, { neighbour }) => neighbour,
    ials: (_, __, { taste }) => taste,
    "ials-recent": (_, __, { intent }) => intent,
    "category-cosine": categories > 0 ? categoryCosine(table.columns, categories) : undefined,
    ease: ease && easeScorer(ease, table.rowOf, false),
    "ease-recent": ease && easeScorer(ease, table.rowOf, true),
    popularity: () => popularity,
    // Seeded by the target, so that ranks do not depend on which thread computes them.
    random: ({ event }) => {
      const random = createRandom(seed + TARGET_STEP * (event + 1));
      for (let i = 0; i < chance.length; i++) chance[i] = random();
      return chance;
    },
  };
  return Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
}

/** Scores each list once, whoever asks: the deep floor is slow, and several rows of the table read it. */
function oncePerList(scorer: Scorer): Scorer {
  let last: WalkedList | undefined;
  let scores: ReturnType<Scorer>;
  return (list, interest, linear) => {
    if (list !== last) {
      last = list;
      scores = scorer(list, interest, linear);
    }
    return scores;
  };
}

/**
 * The list that a device would show at the default dial, in its order, before everything else by the floor's score.
 *
 * @param listOf names the list of a target, for its exploration slots; without it nothing is explored
 */
function selectedScorer(
  { table }: Assembly,
  model: ScoringModel,
  floor: Scorer,
  listOf?: (target: WalkedList) => string,
): Scorer {
  return async (target, interest, linear) => {
    const scores = Float32Array.from(await floor(target, interest, linear));
    const rows = topK(
      scores.map((score, row) => (target.seen[row] ? -Infinity : score)),
      DEEP_CANDIDATES,
    );
    const candidates = Array.from(rows, (row) => ({ row, score: scores[row] }));
    const options = { count: LIST_LENGTH, ...(listOf && { list: listOf(target) }) };
    const { list } = arrange(table, interest, model, candidates, options);
    const top = scores.reduce((max, score) => Math.max(max, score), -Infinity);
    list.forEach(({ candidate }, place) => (scores[candidate.row] = top + list.length - place));
    return scores;
  };
}
