/**
 * From an event to the new order, in Chromium: the time from the call of `track` to the call of the feed's subscriber, on
 * the deep floor. Included: both ways between page and worker, profile, encoder, features, ranker, selection. The person
 * has a history of 500 events; each of the measured events is another one.
 */
import { syntheticRelease } from "../test/harness/synthetic/release.ts";
import { openSdkPage } from "./harness/sdk-page.ts";
import { timedRow } from "./harness/timings.ts";
import { untrainedModels } from "./harness/untrained-models.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const DIM = 64;
const HISTORY_EVENTS = 500;
/** Items that the history and the events are about; they are seen, so they are no candidates. */
const SEEN_ITEMS = 50;
const EVENTS = 300;
const QUICK_EVENTS = 40;
/** People do not act within a millisecond; storing an event is over before the next one. */
const PAUSE_MS = 20;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  for (const candidates of [1_000, 10_000]) {
    const samples = await measure(candidates, quick ? QUICK_EVENTS : EVENTS, seed);
    yield timedRow({ id: `rank-${candidates}`, unit: "ms", seed }, samples);
  }
}

async function measure(candidates: number, events: number, seed: number): Promise<number[]> {
  const models = untrainedModels(DIM, seed);
  const items = candidates + SEEN_ITEMS;
  const release = await syntheticRelease({ items, dim: DIM, clusters: 20, neighboursPerItem: 48, seed, models });
  const { page, close } = await openSdkPage(release);
  try {
    return await page.evaluate(react, { history: HISTORY_EVENTS, events, seen: SEEN_ITEMS, pauseMs: PAUSE_MS });
  } finally {
    await close();
  }
}

interface Plan {
  readonly history: number;
  readonly events: number;
  readonly seen: number;
  readonly pauseMs: number;
}

/** Runs in the page. @returns milliseconds, one an event */
async function react({ history, events, seen, pauseMs }: Plan): Promise<number[]> {
  const url = "/sdk/index.js";
  const { createRecommender } = (await import(url)) as typeof import("../client-sdk/index.ts");
  const startMs = Date.now() - (history + events) * 60_000;
  let ticks = 0;
  const recommender = createRecommender({
    endpoint: location.origin,
    consent: "local",
    now: () => startMs + 60_000 * ticks++,
  });
  const deep = new Promise<void>((resolve, reject) => {
    recommender.on("release", ({ floor }) => floor === "deep" && resolve());
    recommender.on("error", reject);
  });
  const feed = recommender.feed({ surface: "home" });
  await deep;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  /** Another card each time, so that every event is a signal of its own. */
  function act(i: number): void {
    const id = `item-${(i * 7) % seen}`;
    const entry = { id, item: { id, categories: [] }, list: `list-${i}`, position: 0, score: 0, sources: [] };
    const kinds = [
      () => recommender.track("like", entry),
      () => recommender.track("view", entry, { dwellMs: 30_000, fraction: 0.95 }),
      () => recommender.track("skip", entry),
      () => recommender.track("click", entry),
      () => recommender.track("rating", entry, { value: 4.5 }),
    ];
    kinds[i % kinds.length]!();
  }

  function reaction(i: number): Promise<number> {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      const end = feed.subscribe(() => {
        resolve(performance.now() - startedAt);
        end();
      });
      act(i);
    });
  }

  for (let i = 0; i < history; i++) await reaction(i);
  const samples: number[] = [];
  for (let i = 0; i < events; i++) {
    await pause(pauseMs);
    samples.push(await reaction(history + i));
  }
  const { floor, entries } = feed.getSnapshot();
  if (floor !== "deep" || entries.length === 0) throw new Error(`the feed ended on the ${floor} floor`);
  await recommender.close();
  return samples;
}
