/** Means over people with 95 % intervals by user bootstrap: whole people are drawn, the same for every row of a table. */
import { below, createRandom } from "../math/random.ts";

/** A metric summed by person: its value is Σ sum / Σ count. Rows that are compared have the same people in the same order. */
export interface PersonSums {
  /** `[people]` */
  readonly sum: Float64Array;
  /** `[people]` */
  readonly count: Float64Array;
}

/** A figure that is no mean of people, such as an AUC over all of them. */
export interface PeopleFigure {
  readonly people: number;
  /** The figure where each person counts so many times. @param times `[people]` */
  of(times: Float64Array): number;
}

type Figure = PersonSums | PeopleFigure;

export interface Estimate {
  readonly mean: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

const DRAWS = 2_000;

export interface Bootstrap {
  estimate(of: Figure): Estimate;
  /** Of `a` minus `b`, paired: both are drawn with the same people. */
  difference(a: Figure, b: Figure): Estimate;
  /** Of `a` over `b`, paired. A ratio of means, not a mean of ratios: people without a hit have none. */
  ratio(a: Figure, b: Figure): Estimate;
}

/** @param all every metric that is going to be asked for, all of the same people */
export function createBootstrap(all: readonly Figure[], seed: number): Bootstrap {
  const people = all.length > 0 ? peopleOf(all[0]) : 0;
  const random = createRandom(seed);
  const times = new Float64Array(people);
  const means = new Map(all.map((of) => [of, new Float64Array(DRAWS)]));
  for (let draw = 0; draw < DRAWS; draw++) {
    times.fill(0);
    for (let p = 0; p < people; p++) times[below(random, people)]++;
    for (const [of, into] of means) into[draw] = valueOf(of, times);
  }
  const once = new Float64Array(people).fill(1);
  return {
    estimate: (of) => estimateOf(valueOf(of, once), means.get(of)!),
    difference(a, b) {
      const [of, than] = [means.get(a)!, means.get(b)!];
      return estimateOf(
        valueOf(a, once) - valueOf(b, once),
        of.map((mean, draw) => mean - than[draw]),
      );
    },
    ratio(a, b) {
      const [of, over] = [means.get(a)!, means.get(b)!];
      // Draws of people of whom nobody had anything say nothing of a ratio.
      const draws = of.map((mean, draw) => mean / over[draw]).filter(Number.isFinite);
      return estimateOf(valueOf(a, once) / valueOf(b, once), draws);
    },
  };
}

/** One number a person. */
export function perPerson(values: readonly number[]): PersonSums {
  return { sum: Float64Array.from(values), count: new Float64Array(values.length).fill(1) };
}

function peopleOf(of: Figure): number {
  return "of" in of ? of.people : of.sum.length;
}

function valueOf(of: Figure, times: Float64Array): number {
  return "of" in of ? of.of(times) : weightedMean(of, times);
}

/** Gathers metrics by person, whose values come one by one. */
export interface PeopleSums<Metric extends string> {
  add(user: number, metric: Metric, value: number): void;
  /** All of the same people in the same order, whoever had a value of which. */
  sums(): Record<Metric, PersonSums>;
}

export function gatherPeople<const Metric extends string>(metrics: readonly Metric[]): PeopleSums<Metric> {
  const people = new Map<number, { readonly sum: number[]; readonly count: number[] }>();
  return {
    add(user, metric, value) {
      const at = metrics.indexOf(metric);
      const of = people.get(user) ?? { sum: metrics.map(() => 0), count: metrics.map(() => 0) };
      of.sum[at] += value;
      of.count[at]++;
      people.set(user, of);
    },
    sums() {
      const all = [...people.values()];
      return Object.fromEntries(
        metrics.map((metric, at): [Metric, PersonSums] => [
          metric,
          {
            sum: Float64Array.from(all, ({ sum }) => sum[at]),
            count: Float64Array.from(all, ({ count }) => count[at]),
          },
        ]),
      ) as Record<Metric, PersonSums>;
    },
  };
}

function weightedMean({ sum, count }: PersonSums, times: Float64Array): number {
  let [total, weight] = [0, 0];
  for (let p = 0; p < sum.length; p++) {
    total += times[p] * sum[p];
    weight += times[p] * count[p];
  }
  return total / weight;
}

function estimateOf(mean: number, draws: Float64Array): Estimate {
  const sorted = draws.slice().sort();
  const at = (place: number) => sorted[place] ?? NaN;
  return { mean, low: at(Math.floor(0.025 * sorted.length)), high: at(Math.ceil(0.975 * sorted.length) - 1) };
}
