/** The rows of what `nearfeed evaluate` says of adaptivity, freshness and exploration. */
import type { AdaptivityRow } from "../../trainer/evaluate/adaptivity.ts";
import type { DialPoint } from "../../trainer/evaluate/dial.ts";
import type { Estimate } from "../../trainer/evaluate/bootstrap.ts";
import type { FreshnessRow } from "../../trainer/evaluate/freshness.ts";
import { PLAINEST } from "../../trainer/evaluate/scorers.ts";
import type { Row } from "../schema.ts";

/** The a(k) that rows are made of; the command prints more. */
const EVENTS = [1, 3, 5, 10];

/** Of these nothing but NDCG is worth a row: what knows nobody does not change. */
const UNMOVED: readonly string[] = PLAINEST;

/** What a command printed. */
interface Answer {
  readonly result: unknown;
}

/** a(k) and retention of each floor, and NDCG@10 of all models; of the release's best floor without a variant. */
export function* adaptivityRows(name: string, deep: boolean, seed: number, { result }: Answer): Iterable<Row> {
  const { models, notes } = result as { models: Record<string, AdaptivityRow>; notes: readonly string[] };
  for (const [floor, { adapted, retention, undisturbed, people }] of Object.entries(models)) {
    const about = { seed, ...variantOf(floor, deep), note: [`${floor}, ${people} people`, ...notes].join("; ") };
    const { k: most, spliced } = adapted.at(-1)!;
    yield { id: `quality-${name}-after-${most}-strange-ndcg10`, unit: "NDCG@10", value: rounded(spliced), ...about };
    yield { id: `quality-${name}-undisturbed-ndcg10`, unit: "NDCG@10", value: rounded(undisturbed), ...about };
    if (UNMOVED.includes(floor)) continue;
    for (const { k, ratio } of adapted) {
      if (EVENTS.includes(k)) yield { id: `quality-${name}-adaptivity-${k}`, unit: "of 1", ...figure(ratio), ...about };
    }
    yield { id: `quality-${name}-retention`, unit: "of 1", ...figure(retention), ...about };
  }
}

/** F over the histories that a delay changes, and how many there are. */
export function* freshnessRows(name: string, deep: boolean, seed: number, { result }: Answer): Iterable<Row> {
  const { models } = result as { models: Record<string, readonly FreshnessRow[]> };
  for (const [floor, rows] of Object.entries(models)) {
    const about = { seed, ...variantOf(floor, deep) };
    for (const { delay, ndcg, all, changed, targets, changedTargets } of rows) {
      const late = delay.replaceAll(" ", "-");
      const note = `${floor}, history known up to: ${delay}`;
      yield { id: `quality-${name}-ndcg10-late-${late}`, unit: "NDCG@10", value: rounded(ndcg), ...about, note };
      if (UNMOVED.includes(floor)) break;
      if (changed === null) continue;
      const id = `quality-${name}-freshness-${late}`;
      yield { id, unit: "gain", ...figure(changed), ...about, note: `the ${changedTargets} targets that it changes` };
      yield { id: `${id}-all`, unit: "gain", ...figure(all), ...about, note: `all ${targets} targets` };
    }
  }
}

/** What the dial gains and takes at its default, and as variants at all its settings, of the release's best floor. */
export function* dialRows(name: string, deep: boolean, seed: number, { result }: Answer): Iterable<Row> {
  const { models, dial: standard } = result as { models: Record<string, readonly DialPoint[]>; dial: number };
  for (const { dial, ndcg, change, distance, variety, divergence } of models[deep ? "deep" : "linear"] ?? []) {
    if (dial === 0) continue;
    const variant = dial === standard ? {} : { variant: `dial-${Math.round(100 * dial)}-of-100` };
    const about = { seed, ...variant };
    const id = `quality-${name}-dial`;
    const note = `NDCG@10 ${rounded(ndcg.mean)}, distance ${rounded(distance.mean)}, KL ${rounded(divergence.mean)}`;
    yield { id: `${id}-ndcg`, unit: "gain", ...figure(change), ...about, note };
    yield { id: `${id}-distance20`, unit: "gain", ...figure(variety), ...about };
  }
}

function variantOf(floor: string, deep: boolean): { variant?: string } {
  return floor === (deep ? "deep" : "linear") ? {} : { variant: floor };
}

/** An estimate as a row has it. */
export function figure({ mean, low, high }: Estimate) {
  return { value: rounded(mean), low: rounded(low), high: rounded(high) };
}

/** Four digits, as papers print them; more are noise. */
export function rounded(value: number): number {
  return Number(value.toFixed(4));
}
