import * as fc from "fast-check";
import { expect, test } from "vitest";
import { explorationPriority } from "../../../shared/exploration.ts";
import { interestAt } from "../../../shared/interest.ts";
import { createProfile } from "../../../shared/profile.ts";
import { expectClose } from "./support/compare.ts";
import { tableOf } from "./support/scored.ts";
import { product, vectorOf } from "./support/twin-score.ts";
import { solve, twinEvidence, twinSignals } from "./support/twin-profile.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

const FOREVER = { halfLifePositives: null, halfLifeMs: null };

function priorities(world: World, log = world.log, now = world.now): Float64Array {
  const rows = world.ids.map((_, row) => row);
  const interest = interestAt(createProfile(world.model, log), world.model, now);
  return explorationPriority(tableOf(world), rows, interest, world.model);
}

/** The same world without forgetting, so that only evidence differs. */
function withoutForgetting(world: World): World {
  const profile = { ...world.model.profile, taste: FOREVER, intent: FOREVER };
  return { ...world, model: { ...world.model, profile } };
}

test("priority is σ² v̂ᵀA_e⁻¹v̂ + τ²ρ², with A_e from the evidence alone", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed);
      const { model, now, columns } = world;
      const a = twinEvidence(twinSignals(world.log, model.signals), model.profile.taste, model.profile, model.dim, now);
      const expected = world.ids.map((_, row) => {
        const v = vectorOf(world, row);
        const length = Math.hypot(...v);
        const unit = v.map((value) => (length > 0 ? value / length : 0));
        const spread = product(unit, solve(a, unit));
        return model.uncertainty.sigma ** 2 * spread + columns.uncertainty[row]! ** 2 * model.uncertainty.rhoSquared;
      });
      expectClose(priorities(world), expected, 1e-5);
    }),
    { numRuns: 40 },
  );
});

test("priority falls with an item's history: less uncertainty, less to find out", () => {
  const world = createWorld(1);
  const before = priorities(world);
  const known = {
    ...world,
    columns: { ...world.columns, uncertainty: world.columns.uncertainty.map((tau) => tau / 2) },
  };
  const after = priorities(known);
  world.columns.uncertainty.forEach((tau, row) => {
    expect(tau).toBeGreaterThan(0);
    expect(after[row]).toBeLessThan(before[row]!);
  });
});

test("priority falls with a person's evidence at fixed decay, whatever the event says, most for the item itself", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = withoutForgetting(createWorld(seed));
      const row = 2 + world.chance.integer(world.ids.length - 2);
      const next = world.event(world.chance.pick(["like", "skip", "dislike"]), row, { list: "a new one" });
      const before = priorities(world);
      const after = priorities(world, [...world.log, next]);
      after.forEach((priority, i) => expect(priority).toBeLessThanOrEqual(before[i]! * (1 + 1e-9)));
      expect(after[row]).toBeLessThan(before[row]!);
    }),
    { numRuns: 40 },
  );
});

test("priority rises again as evidence fades", () => {
  const world = createWorld(5);
  const halfLives = { halfLifePositives: 20, halfLifeMs: 86_400_000 };
  const fading = {
    ...world,
    columns: { ...world.columns, uncertainty: world.columns.uncertainty.map(() => 0) },
    model: { ...world.model, profile: { ...world.model.profile, lambda: 0.001, taste: halfLives } },
  };
  const soon = priorities(fading);
  const late = priorities(fading, fading.log, fading.now + 30 * 86_400_000);
  late.forEach((priority, row) => expect(priority).toBeGreaterThanOrEqual(soon[row]! * (1 - 1e-9)));
  expect(late.reduce((a, b) => a + b)).toBeGreaterThan(soon.reduce((a, b) => a + b) * 1.01);
});

test("the length of an item's vector, which grows with history, does not change its priority", () => {
  const world = createWorld(6);
  const longer = { ...world, columns: { ...world.columns, scale: world.columns.scale.map((scale) => scale * 7) } };
  expectClose(priorities(longer), priorities(world), 1e-5);
});

test("the catalogue's Gram matrix does not enter", () => {
  const world = createWorld(7);
  const other = { ...world, model: { ...world.model, gram: world.model.gram.map((value) => value * 100) } };
  expect(priorities(other)).toEqual(priorities(world));
});
