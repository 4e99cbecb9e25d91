import { describe, expect, test } from "vitest";
import { createRandom, normal } from "../../../../trainer/math/random.ts";
import { ORDERED_HALF_LIVES, type Parts, type PartScores } from "../../../../trainer/tune/parts.ts";
import { parseFit, tuneLinear } from "../../../../trainer/tune/tune-linear.ts";

const TARGETS = 150;
const SAMPLED = 120;

/** Parts of pure noise but where the target is told by one of them. */
function parts(informative: { part: "taste" | "neighbour"; halfLife: number }): Parts {
  const random = createRandom(1);
  const noise = (helps: boolean): PartScores => ({
    target: Float32Array.from({ length: TARGETS }, () => normal(random) + (helps ? 4 : 0)),
    others: Float32Array.from({ length: TARGETS * SAMPLED }, () => normal(random)),
  });
  const each = (name: string) =>
    [0, 1, 2, 3, 4].map((h) => noise(informative.part === name && informative.halfLife === h));
  return {
    start: Uint32Array.from({ length: TARGETS + 1 }, (_, l) => l),
    sampled: SAMPLED,
    standsFor: new Float32Array(TARGETS * SAMPLED).fill(1),
    ideal: new Float64Array(TARGETS).fill(1),
    length: 10,
    halfLives: ORDERED_HALF_LIVES,
    taste: each("taste"),
    intent: each("intent"),
    neighbour: each("neighbour"),
    content: each("content"),
    popularity: noise(false),
  };
}

describe("tuning the linear score", () => {
  test("finds the part and the half-life that know the target", async () => {
    const fit = await tuneLinear(parts({ part: "neighbour", halfLife: 2 }));
    expect(fit.neighbourHalfLifePositives).toBe(4);
    expect(fit.ndcg).toBeGreaterThan(0.9);
    for (const other of ["taste", "intent", "content", "popularity"] as const)
      expect(fit.neighbour).toBeGreaterThan(3 * Math.abs(fit[other]));
  });

  test("finds another one elsewhere", async () => {
    const fit = await tuneLinear(parts({ part: "taste", halfLife: 4 }));
    expect(fit.tasteHalfLifePositives).toBe(null);
    expect(fit.taste).toBeGreaterThan(3 * fit.neighbour);
  });

  test("scales the score to a softmax over the catalogue", async () => {
    // Gaussian scores with the target 4 higher: the likeliest factor of softmax is near 4 (d/dx of the log-ratio of N(4,1) to N(0,1)).
    expect((await tuneLinear(parts({ part: "taste", halfLife: 1 }))).taste).toBeGreaterThan(2.5);
    expect((await tuneLinear(parts({ part: "taste", halfLife: 1 }))).taste).toBeLessThan(5.5);
  });
});

describe("weights found before", () => {
  test("read back as they were written", async () => {
    const fit = await tuneLinear(parts({ part: "taste", halfLife: 1 }));
    expect(parseFit(JSON.parse(JSON.stringify(fit)), "")).toEqual(fit);
  });

  test("are refused with the path of what is wrong", () => {
    expect(() => parseFit({ taste: "1" }, "fit.json")).toThrow(/fit\.json/);
  });
});
