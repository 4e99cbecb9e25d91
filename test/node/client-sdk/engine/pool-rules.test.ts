import { describe, expect, test } from "vitest";
import { LARGEST_AGE_MS, LEAST_COSINE, LEAST_UNSEEN, reasonToFetch } from "../../../../client-sdk/engine/pool-rules.ts";
import type { PoolAim } from "../../../../client-sdk/engine/pool-rules.ts";

const then: PoolAim = { query: Float64Array.of(2, 0), at: 1_000, unseen: 100 };
const now = (change: Partial<PoolAim> = {}): PoolAim => ({ ...then, ...change });
const turned = (cosine: number) => Float64Array.of(3 * cosine, 3 * Math.sqrt(1 - cosine * cosine));

describe("a pool is fetched anew", () => {
  test("when the query has turned away from it, however long the vectors are", () => {
    expect(reasonToFetch(then, now({ query: turned(LEAST_COSINE - 0.01) }))).toBe("drift");
    expect(reasonToFetch(then, now({ query: turned(LEAST_COSINE + 0.01) }))).toBeUndefined();
    expect(reasonToFetch(then, now({ query: Float64Array.of(-1, 0) }))).toBe("drift");
  });

  test("when it is old", () => {
    expect(reasonToFetch(then, now({ at: 1_001 + LARGEST_AGE_MS }))).toBe("age");
    expect(reasonToFetch(then, now({ at: 1_000 + LARGEST_AGE_MS }))).toBeUndefined();
  });

  test("when too much of what was new in it has been met", () => {
    expect(reasonToFetch(then, now({ unseen: 100 * LEAST_UNSEEN - 1 }))).toBe("seen");
    expect(reasonToFetch(then, now({ unseen: 100 * LEAST_UNSEEN }))).toBeUndefined();
    expect(
      reasonToFetch({ ...then, unseen: 0 }, now({ unseen: 0 })),
      "nothing new was there to begin with",
    ).toBeUndefined();
  });

  test("and not because nothing has happened, nor where nothing is looked for", () => {
    expect(reasonToFetch(then, now())).toBeUndefined();
    expect(reasonToFetch(then, now({ query: new Float64Array(2) }))).toBeUndefined();
  });
});
