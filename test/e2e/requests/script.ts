/**
 * What a person does in a session, drawn from a seed: the same seed gives the same steps. Which items a step meets is
 * decided in the page, from the lists there and the person's taste; nothing here knows an item.
 */
import type { TrackedType } from "../../../client-sdk/index.ts";
import type { Random } from "../../../shared/runtime.ts";
import { seeded } from "../../harness/small-release.ts";

/** Something done with one item. */
export interface Act {
  readonly kind: "act";
  readonly type: TrackedType;
  readonly details: object;
  /** Done with an item of the person's taste, with one that is not, or with one that was met before. */
  readonly on: "liked" | "other" | "met";
  /** Which of those that fit, 0–1. */
  readonly pick: number;
}

/** Any other call of the SDK. */
export interface Call {
  readonly kind: "undo" | "more" | "filter" | "rank" | "similar" | "explain" | "adjust" | "export" | "observe" | "sync";
  readonly pick: number;
}

export type Step = (Act | Call) & {
  /** Since the session began, ms: the person's clock, not the machine's. */
  readonly atMs: number;
};

type Draw = (random: Random) => Act | Call;

/** A person looks for a while, then does something. */
const LONGEST_PAUSE_MS = 30_000;

const act =
  (type: TrackedType, on: Act["on"], details: (random: Random) => object = () => ({})): Draw =>
  (random) => ({ kind: "act", type, on, details: details(random), pick: random() });
const call =
  (kind: Call["kind"]): Draw =>
  (random) => ({ kind, pick: random() });
const between = (random: Random, from: number, to: number) => from + Math.floor(random() * (to - from));
/** Of things that have an end: watched up to there. */
const watched = (from: number, to: number) => (random: Random) => ({
  dwellMs: between(random, 1_000, 60_000),
  fraction: from + random() * (to - from),
});

/** How often each happens. About half of what is done speaks for the item, as on a page that somebody likes. */
const STEPS: readonly (readonly [weight: number, draw: Draw])[] = [
  [16, act("like", "liked")],
  [8, act("click", "liked")],
  [5, act("view", "liked", watched(0.5, 1))],
  [3, act("view", "liked", (random) => ({ dwellMs: between(random, 10_000, 90_000) }))],
  [4, act("rating", "liked", (random) => ({ value: 2.5 + Math.floor(random() * 6) / 2 }))],
  [3, act("save", "liked")],
  [3, act("share", "liked")],
  [1, act("purchase", "liked", (random) => ({ value: between(random, 1, 100) }))],
  [6, act("like", "met")],
  [8, act("impression", "other")],
  [14, act("skip", "other", (random) => ({ dwellMs: between(random, 100, 900) }))],
  [6, act("view", "other", watched(0, 0.5))],
  [3, act("view", "other", (random) => ({ dwellMs: between(random, 1_000, 10_000) }))],
  [3, act("rating", "other", (random) => ({ value: 0.5 + Math.floor(random() * 4) / 2 }))],
  [3, act("hide", "other")],
  [2, act("dislike", "other")],
  [1, act("hide", "met")],
  [5, call("undo")],
  [3, call("more")],
  [2, call("filter")],
  [1, call("rank")],
  [1, call("similar")],
  [2, call("explain")],
  [1, call("adjust")],
  [1, call("export")],
  [1, call("observe")],
  [1, call("sync")],
];
const WEIGHTS = STEPS.reduce((sum, [weight]) => sum + weight, 0);

/** Steps without an end. */
export function* drawSteps(seed: number): Generator<Step, never> {
  const random = seeded(seed);
  for (let atMs = 0; ; atMs += 1 + Math.floor(random() * LONGEST_PAUSE_MS)) yield { ...drawStep(random), atMs };
}

function drawStep(random: Random): Act | Call {
  let left = random() * WEIGHTS;
  for (const [weight, draw] of STEPS) if ((left -= weight) < 0) return draw(random);
  return STEPS.at(-1)![1](random);
}
