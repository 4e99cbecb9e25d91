// What looks of which lengths say, decided without a screen.
import { expect, test } from "vitest";
import {
  IMPRESSION_MS,
  MEDIA_SKIP_BELOW_MS,
  SKIP_BELOW_MS,
  VIEW_FRACTION,
  VIEW_MS,
  lookEnded,
  noAttention,
  seen,
} from "../../../../client-sdk/observe/attention.ts";

type Told = readonly [type: string, details?: object];

/** A card, and what was told of it. */
function card() {
  const told: Told[] = [];
  const state = noAttention();
  const findings = {
    track: (type: string, details: object) => `${type} ${told.push([type, details])}`,
    undo: (event: string) => void told.push(["undo", { event }]),
  };
  return {
    told,
    types: () => told.map(([type]) => type),
    look(ms: number, how: { passed?: boolean; fraction?: number } = {}) {
      if (how.fraction !== undefined) state.fraction = how.fraction;
      seen(state, ms, findings);
      lookEnded(state, how.passed ?? false, findings);
    },
    glimpse: (ms: number) => seen(state, ms, findings),
  };
}

test("an impression takes 300 ms without a break, and there is one of a card", () => {
  const one = card();
  for (let i = 0; i < 5; i++) one.look(IMPRESSION_MS - 1);
  expect(one.told).toEqual([]);
  one.look(IMPRESSION_MS);
  one.look(IMPRESSION_MS);
  expect(one.told).toEqual([["impression", {}]]);
});

test("passed within a second is a skip, with the time it took; two seconds are a view; between is neither", () => {
  for (const [ms, last] of [
    [IMPRESSION_MS, "skip"],
    [SKIP_BELOW_MS - 1, "skip"],
    [SKIP_BELOW_MS, "impression"],
    [VIEW_MS - 1, "impression"],
    [VIEW_MS, "view"],
  ] as const) {
    const one = card();
    one.look(ms, { passed: true });
    expect(one.types().at(-1), `${ms} ms`).toBe(last);
    expect(one.told.at(-1)![1]).toEqual(last === "impression" ? {} : { dwellMs: ms });
  }
});

test("whoever turns back, or leaves the page, has skipped nothing; nor has who passed too fast to see", () => {
  const back = card();
  back.look(500, { passed: false });
  expect(back.types()).toEqual(["impression"]);
  const fast = card();
  fast.look(IMPRESSION_MS - 1, { passed: true });
  expect(fast.types()).toEqual([]);
});

test("a card is skipped once, and not after it was viewed", () => {
  const twice = card();
  twice.look(400, { passed: true });
  twice.look(400, { passed: true });
  expect(twice.types()).toEqual(["impression", "skip"]);
  const after = card();
  after.look(VIEW_MS);
  after.look(400, { passed: true });
  expect(after.types()).toEqual(["impression", "view"]);
});

test("times of several passes add up: what was seen for a second in all was not passed over", () => {
  const one = card();
  one.look(600, { passed: false });
  one.look(600, { passed: true });
  expect(one.types()).toEqual(["impression"]);
});

test("who comes back to look takes the skip back, and the view tells all of the time", () => {
  const one = card();
  one.look(400, { passed: true });
  one.look(VIEW_MS);
  expect(one.told).toEqual([
    ["impression", {}],
    ["skip", { dwellMs: 400 }],
    ["undo", { event: "skip 2" }],
    ["view", { dwellMs: 400 + VIEW_MS }],
  ]);
});

test("a replay is a view that tells the whole time; a glance on the way is not", () => {
  const one = card();
  one.look(3_000);
  one.look(500);
  one.look(2_500);
  expect(one.told.slice(1)).toEqual([
    ["view", { dwellMs: 3_000 }],
    ["view", { dwellMs: 6_000 }],
  ]);
});

test("a look is as long as its parts", () => {
  const one = card();
  one.glimpse(1_200);
  one.look(800, { passed: true });
  expect(one.told.at(-1)).toEqual(["view", { dwellMs: 2_000 }]);
});

test("half of a video is a view however short it is, told once", () => {
  const one = card();
  one.look(900, { fraction: VIEW_FRACTION });
  one.look(500, { fraction: 1 });
  expect(one.told.slice(1)).toEqual([["view", { dwellMs: 900, fraction: VIEW_FRACTION }]]);
  one.look(VIEW_MS, { fraction: 1 });
  expect(one.told.at(-1)).toEqual(["view", { dwellMs: 1_400 + VIEW_MS, fraction: 1 }]);
});

test("a video that was left before it was a view was skipped, and how much of it was played is told", () => {
  const one = card();
  one.look(MEDIA_SKIP_BELOW_MS - 1, { passed: true, fraction: 0.1 });
  expect(one.told.at(-1)).toEqual(["skip", { dwellMs: MEDIA_SKIP_BELOW_MS - 1, fraction: 0.1 }]);
});
