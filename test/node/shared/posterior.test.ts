import * as fc from "fast-check";
import { expect, test } from "vitest";
import { interestAt } from "../../../shared/interest.ts";
import {
  addSignal,
  decay,
  emptyEvidence,
  evidencePosteriorAt,
  posteriorAt,
  weightsAt,
} from "../../../shared/posterior.ts";
import type { ProfileConstants, TimeScale, WeighedSignal } from "../../../shared/posterior.ts";
import { createProfile } from "../../../shared/profile.ts";
import { expectClose } from "./support/compare.ts";
import { expectRefusal } from "./support/refusal.ts";
import { solve, twinEvidence, twinPosterior, twinSignals, twinWeights } from "./support/twin-profile.ts";
import { createWorld } from "./support/world.ts";

const FOREVER: TimeScale = { halfLifePositives: null, halfLifeMs: null };
const constants = (change: Partial<ProfileConstants> = {}): ProfileConstants => ({
  alpha: 0.5,
  lambda: 0.25,
  nu: 1,
  catalogueSize: 4,
  taste: FOREVER,
  intent: FOREVER,
  ...change,
});
const signal = (at: number, target: number, confidence: number, ...vector: number[]): WeighedSignal => ({
  at,
  target,
  confidence,
  vector,
});
const GRAM = [2, 0, 0, 2];

function evidenceOf(scale: TimeScale, ...signals: WeighedSignal[]) {
  const evidence = emptyEvidence(2);
  for (const each of signals) addSignal(evidence, each, scale);
  return evidence;
}

test("one like, worked out by hand", () => {
  // A = 1·(1,0)(1,0)ᵀ + .5·2·I + .25·(1 + .5·4)·I = diag(2.75, 1.75), b = (1, 0)
  const { mean } = posteriorAt(evidenceOf(FOREVER, signal(0, 1, 1, 1, 0)), FOREVER, constants(), GRAM, 0);
  expectClose(mean, [1 / 2.75, 0], 1e-15);
});

test("a like and a skip with forgetting by time and by positives, worked out by hand", () => {
  const scale = { halfLifePositives: 2, halfLifeMs: 100 };
  const evidence = evidenceOf(scale, signal(0, 1, 1, 1, 0), signal(100, 0, 0.5, 0, 1), signal(200, 1, 1, 1, 1));
  // At 300: w = 1·2^(−1/2)·2^(−3), .5·2^(−1/2)·2^(−2), 1·2^(−1).
  const [w0, w1, w2] = [Math.SQRT1_2 / 8, (0.5 * Math.SQRT1_2) / 4, 0.5];
  const ridge = 0.25 * (w0 + w1 + w2 + 2);
  const a = [
    [w0 + w2 + 1 + ridge, w2],
    [w2, w1 + w2 + 1 + ridge],
  ];
  const { mean } = posteriorAt(evidence, scale, constants(), GRAM, 300);
  expectClose(mean, solve(a, [w0 + w2, w2]), 1e-14);
  const { factor } = evidencePosteriorAt(evidence, scale, constants(), 300);
  const bare = 0.25 * 2;
  expectClose([factor[0]! ** 2, factor[2]! * factor[0]!], [w0 + w2 + bare, w2], 1e-14);
});

test("nobody's posterior is zero, at any time", () => {
  for (const now of [0, 1.7e12, -5]) {
    const { mean } = posteriorAt(emptyEvidence(2), { halfLifePositives: 1, halfLifeMs: 1 }, constants(), GRAM, now);
    expect([...mean]).toEqual([0, 0]);
  }
});

test("a half-life halves: in positives, and in milliseconds", () => {
  expect(decay(7, 7)).toBe(0.5);
  expect(decay(14, 7)).toBe(0.25);
  expect(decay(1e9, null)).toBe(1);
  const like = signal(0, 1, 1, 1, 0);
  expect(evidenceOf({ halfLifePositives: 1, halfLifeMs: null }, like, like).weight).toBe(1.5);
  expect(evidenceOf({ halfLifePositives: null, halfLifeMs: 10 }, like, { ...like, at: 10 }).weight).toBe(1.5);
});

test("a skip does not age what was liked before", () => {
  const scale = { halfLifePositives: 1, halfLifeMs: null };
  const skips = Array.from({ length: 10 }, (_, i) => signal(i + 1, 0, 0.3, 0, 1));
  const evidence = evidenceOf(scale, signal(0, 1, 1, 1, 0), ...skips);
  expect([...evidence.pull]).toEqual([1, 0]);
  expect([...weightsAt([signal(0, 1, 1, 1, 0), ...skips], scale, 100)]).toEqual([1, ...skips.map(() => 0.3)]);
});

test("evidence that has faded to nothing leaves a finite posterior of zero", () => {
  const scale = { halfLifePositives: null, halfLifeMs: 1 };
  const { mean, factor } = posteriorAt(evidenceOf(scale, signal(0, 1, 1, 1, 0)), scale, constants(), GRAM, 1e12);
  expect([...mean]).toEqual([0, 0]);
  expect([factor[0], factor[2], factor[3]].every(Number.isFinite)).toBe(true);
});

test("a clock behind the last event counts as that event's time", () => {
  const scale = { halfLifePositives: null, halfLifeMs: 10 };
  const signals = [signal(0, 1, 1, 1, 0), signal(20, 1, 1, 0, 1)];
  const evidence = evidenceOf(scale, ...signals);
  expect(posteriorAt(evidence, scale, constants(), GRAM, 3)).toEqual(
    posteriorAt(evidence, scale, constants(), GRAM, 20),
  );
  expect([...weightsAt(signals, scale, 3)]).toEqual([0.25, 1]);
});

test("constants that leave the system unsolvable are an error, not a profile of NaN", () => {
  const tiny = constants({ alpha: 1e-9, lambda: 1e-9, nu: 2, catalogueSize: 1 });
  const evidence = evidenceOf(FOREVER, signal(0, 1, 1, 1e6, 1e6));
  expectRefusal(() => posteriorAt(evidence, FOREVER, tiny, [0, 0, 0, 0], 0), "bad_release", "profile.lambda");
});

test("the incremental posterior is that of the formula over all events, at any moment after them", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed);
      const { model } = world;
      const profile = createProfile(model);
      for (const entry of world.log) profile.append(entry);
      const signals = twinSignals(world.log, model.signals);
      const last = signals.at(-1)?.at ?? world.now;
      for (const now of [last, world.now, world.now + 1e9]) {
        const interest = interestAt(profile, model, now);
        for (const scale of ["taste", "intent"] as const) {
          const { u } = twinPosterior(signals, model.profile[scale], model.profile, model.gram, now);
          expectClose(interest[scale].mean, u, 1e-9, `${scale} at ${now}`);
          const weights = scale === "taste" ? interest.tasteWeight : interest.intentWeight;
          expectClose(weights, twinWeights(signals, model.profile[scale], now), 1e-12, "weights");
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("the evidence's own posterior is that of the formula without the catalogue", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { model, log, now } = createWorld(seed);
      const profile = createProfile(model, log);
      const { factor } = evidencePosteriorAt(profile.taste, model.profile.taste, model.profile, now);
      const { dim } = model;
      const a = twinEvidence(twinSignals(log, model.signals), model.profile.taste, model.profile, dim, now);
      const product = a.map((row, i) =>
        row.map((_, j) => {
          let sum = 0;
          for (let k = 0; k <= Math.min(i, j); k++) sum += factor[i * dim + k]! * factor[j * dim + k]!;
          return sum;
        }),
      );
      expectClose(product.flat(), a.flat(), 1e-10);
    }),
    { numRuns: 30 },
  );
});
