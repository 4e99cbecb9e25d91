/** What a release says, among its metrics, of the `retrain` that made it. */
import { boolean, integer, number, object, oneOf, optional, type Parsed, string } from "../../shared/parse.ts";
import type { JsonObject } from "../../shared/parse.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { GATE_METRICS } from "./verdict.ts";

const hash = string({ max: 64 });
const estimate = object({ mean: number(), low: number(), high: number() });
const standing = object({ floor: oneOf(["deep", "linear"]), figure: estimate, unknown: integer({ min: 0 }) });
const verdict = object({
  metric: oneOf(GATE_METRICS),
  challenger: standing,
  incumbent: standing,
  difference: estimate,
  people: integer({ min: 1 }),
  targets: integer({ min: 1 }),
  passed: boolean,
});
const section = object({
  /** Of everything there was to learn from and to be measured on. */
  data: hash,
  /** Of what decided the release. */
  recipe: hash,
  /** Where the held-out events begin, and how it did on them; absent for a first release. Epoch ms. */
  from: optional(integer({ min: 0 })),
  verdict: optional(verdict),
});

export type Retrained = Parsed<typeof section>;

/** Undefined for a release that something else has made, or another version. */
export function retrainedOf({ retrain }: JsonObject): Retrained | undefined {
  if (retrain === undefined) return undefined;
  try {
    return section(retrain, "metrics.retrain");
  } catch (error) {
    if (error instanceof NearfeedError) return undefined;
    throw error;
  }
}
