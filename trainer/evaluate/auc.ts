/**
 * AUC and grouped AUC of scored exposures, by person, so that both can be bootstrapped. Ties count half.
 *
 * GAUC asks whether a person's own exposures are in the right order; AUC also whether people are, which no list depends on.
 */
import type { PeopleFigure, PersonSums } from "./bootstrap.ts";

/** Exposures of people, numbered from 0: `person` rises. */
export interface ScoredExposures {
  readonly people: number;
  /** `[n]` */
  readonly person: Uint32Array;
  /** `[n]` 1 where it happened. */
  readonly label: Uint8Array;
  /** `[n]` */
  readonly score: Float64Array;
}

/**
 * The chance that what happened is scored above what did not; NaN where one of both is missing.
 *
 * @param rows which exposures, by position
 */
export function aucOf({ label, score }: Pick<ScoredExposures, "label" | "score">, rows: ArrayLike<number>): number {
  const order = Uint32Array.from(rows).sort((a, b) => score[a] - score[b]);
  let [below, wins, positives] = [0, 0, 0];
  for (let from = 0, to = 0; from < order.length; from = to) {
    let tied = 0;
    for (; to < order.length && score[order[to]] === score[order[from]]; to++) tied += label[order[to]];
    const others = to - from - tied;
    wins += tied * (below + others / 2);
    below += others;
    positives += tied;
  }
  return wins / (positives * below);
}

/**
 * GAUC as sums by person: people with both labels, weighted by their exposures; the others weigh nothing.
 *
 * @param partOf a row: only those of one part of what a person was shown are compared, those of none with nothing; all by default
 */
export function groupedAuc(scored: ScoredExposures, partOf: (row: number) => number | undefined = () => 0): PersonSums {
  const { people, person } = scored;
  const sum = new Float64Array(people);
  const count = new Float64Array(people);
  for (let from = 0, to = 0; from < person.length; from = to) {
    while (to < person.length && person[to] === person[from]) to++;
    const parts = Map.groupBy(
      Array.from({ length: to - from }, (_, i) => from + i),
      partOf,
    );
    parts.delete(undefined);
    for (const rows of parts.values()) {
      const auc = aucOf(scored, rows);
      if (Number.isNaN(auc)) continue;
      sum[person[from]] += auc * rows.length;
      count[person[from]] += rows.length;
    }
  }
  return { sum, count };
}

/** AUC over all exposures, each person's counted as often as the person is drawn. */
export function overallAuc({ people, person, label, score }: ScoredExposures): PeopleFigure {
  const order = Uint32Array.from(person, (_, e) => e).sort((a, b) => score[a] - score[b]);
  return {
    people,
    of(times) {
      let [below, wins, positives] = [0, 0, 0];
      for (let from = 0, to = 0; from < order.length; from = to) {
        let [tied, others] = [0, 0];
        for (; to < order.length && score[order[to]] === score[order[from]]; to++) {
          const weight = times[person[order[to]]];
          if (label[order[to]] === 1) tied += weight;
          else others += weight;
        }
        wins += tied * (below + others / 2);
        below += others;
        positives += tied;
      }
      return wins / (positives * below);
    },
  };
}
