/**
 * What lists lose where a part of the score is taken away: each term of the linear score, and each family of features of
 * the ranker, whose columns then hold their mean. Nothing is trained again, so this says what the release leans on, not what
 * could be had without the part.
 */
import { FEATURE_FAMILIES, FEATURES } from "../../shared/features.ts";
import type { LinearScores } from "../../shared/linear-score.ts";
import type { LinearWeights } from "../../shared/linear-weights.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { DeepModel } from "../../shared/rank.ts";
import { createBootstrap, type Estimate, perPerson } from "../evaluate/bootstrap.ts";
import { ndcgOf, rankOf } from "../evaluate/metrics.ts";
import { deepScores, rankAmong, type ScoredList } from "./scored-lists.ts";

export interface AblationRow {
  readonly without: string;
  /** NDCG@10 without it less NDCG@10 with it, paired. */
  readonly change: Estimate;
}

export interface AblationPart {
  readonly people: number;
  /** NDCG@10 with everything. */
  readonly whole: Estimate;
  /** What costs most first. */
  readonly rows: readonly AblationRow[];
}

export interface AblationFigures {
  readonly linear: AblationPart;
  /** By feature families; absent without a deep floor. */
  readonly deep?: AblationPart;
}

export interface AblationGatherer {
  add(list: ScoredList): Promise<void>;
  figures(): AblationFigures;
}

const TERMS = {
  taste: (w, s, row) => w.taste * s.taste[row],
  intent: (w, s, row) => w.intent * s.intent[row],
  neighbours: (w, s, row) => w.neighbour * s.neighbour[row],
  content: (w, s, row) => w.content * s.content[row],
  popularity: (w, s, row) => w.popularity * s.popularity[row],
  skips: (w, s, row) => -w.skip * s.skip[row],
} as const satisfies Record<string, (weights: LinearWeights, scores: LinearScores, row: number) => number>;

type Family = keyof typeof FEATURE_FAMILIES;
const FAMILIES = Object.keys(FEATURE_FAMILIES) as Family[];

/** Lists whose candidates the means of the columns are taken over: hundreds of candidates each. */
const LISTS_FOR_MEANS = 20;

/** @param deep the graphs of the lists' deep floor, where they have one */
export function gatherAblation(model: ScoringModel, deep: DeepModel | undefined, seed: number): AblationGatherer {
  const terms = Object.entries(TERMS);
  const linear = createPart(terms.map(([name]) => name));
  const families = createPart(FAMILIES);
  const means = createMeans();
  return {
    async add(list) {
      const { linear: scores, target, moment } = list;
      const isSeen = (row: number) => moment.seen[row] === 1;
      linear.add(
        ndcgOf(rankOf(target, scores.total, isSeen)),
        terms.map(([, of]) => {
          const without = scores.total.map((score, row) => score - of(model.linear, scores, row));
          return ndcgOf(rankOf(target, without, isSeen));
        }),
      );
      if (!deep || !list.deep) return;
      means.add(list.deep.inputs.features);
      const { rows, inputs } = list.deep;
      const without: number[] = [];
      // One after the other: both run on one thread.
      for (const family of FAMILIES) {
        const features = means.inPlaceOf(family, inputs.features);
        const logits = await deep.score(inputs.events, inputs.vectors, features);
        without.push(ndcgOf(rankAmong(list.deep, deepScores(rows, scores, logits, model), target)));
      }
      families.add(ndcgOf(rankAmong(list.deep, list.deep.scores, target)), without);
    },
    figures: () => ({
      linear: linear.figures(seed),
      ...(deep && { deep: families.figures(seed) }),
    }),
  };
}

function createPart(names: readonly string[]) {
  const whole: number[] = [];
  const without = names.map((): number[] => []);
  return {
    add(of: number, each: readonly number[]): void {
      whole.push(of);
      each.forEach((value, i) => without[i].push(value));
    },
    figures(seed: number): AblationPart {
      const sums = { whole: perPerson(whole), without: without.map(perPerson) };
      const bootstrap = createBootstrap([sums.whole, ...sums.without], seed);
      const rows = names.map((name, i) => ({
        without: name,
        change: bootstrap.difference(sums.without[i], sums.whole),
      }));
      return {
        people: whole.length,
        whole: bootstrap.estimate(sums.whole),
        // A term without weight changes nothing, and says nothing.
        rows: rows
          .filter(({ change }) => change.low !== 0 || change.high !== 0)
          .sort((a, b) => a.change.mean - b.change.mean),
      };
    },
  };
}

/** Column means over the candidates of the first lists, and copies of features that hold them. */
export function createMeans() {
  const f = FEATURES.length;
  const sum = new Float64Array(f);
  let [lists, candidates] = [0, 0];
  return {
    /** @param features `[n, f]` */
    add(features: Float32Array): void {
      if (lists++ >= LISTS_FOR_MEANS) return;
      for (let i = 0; i < features.length; i++) sum[i % f] += features[i];
      candidates += features.length / f;
    },
    inPlaceOf(family: Family, features: Float32Array): Float32Array {
      const names: readonly string[] = FEATURE_FAMILIES[family];
      const copy = features.slice();
      for (const name of names) {
        const column = FEATURES.indexOf(name);
        const mean = sum[column] / candidates;
        for (let i = column; i < copy.length; i += f) copy[i] = mean;
      }
      return copy;
    },
  };
}
