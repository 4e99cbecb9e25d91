/**
 * From an event to the new order, in Chromium: the time from the call of `track` to the call of the feed's subscriber, on
 * the deep floor. Included: both ways between page and worker, profile, encoder, features, ranker, selection. The person
 * has a history of 500 events; each of the measured events is another one.
 */
import { syntheticRelease } from "../test/harness/synthetic/release.ts";
import type { SyntheticRelease } from "../test/harness/synthetic/release.ts";
import type { Floor } from "../client-sdk/index.ts";
import type { CpuQuota } from "./harness/cpu-quota.ts";
import { startRankingServer } from "./harness/ranking-server.ts";
import { openSdkPage } from "./harness/sdk-page.ts";
import { onSlowCores } from "./harness/slow-cores.ts";
import { timedRow } from "./harness/timings.ts";
import { untrainedModels } from "./harness/untrained-models.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const DIM = 64;
const CANDIDATES = [1_000, 10_000] as const;
/** How far away a server is: another country, another continent. */
const ROUND_TRIPS_MS = [50, 100];
const HISTORY_EVENTS = 500;
/** Items that the history and the events are about; they are seen, so they are no candidates. */
const SEEN_ITEMS = 50;
const EVENTS = 300;
const QUICK_EVENTS = 40;
/** People do not act within a millisecond; storing an event is over before the next one. */
const PAUSE_MS = 20;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const events = quick ? QUICK_EVENTS : EVENTS;
  for (const candidates of CANDIDATES) {
    const { samples, floor } = await measure(candidates, events, seed);
    if (floor !== "deep") throw new Error(`the feed ended on the ${floor} floor: this machine is too busy to measure`);
    yield timedRow({ id: `rank-${candidates}`, unit: "ms", seed }, samples);
  }
  for (const roundTripMs of ROUND_TRIPS_MS) {
    const samples = await measureServer(CANDIDATES[0], events, seed, roundTripMs);
    yield timedRow(
      { id: `rank-${CANDIDATES[0]}`, variant: `server-${roundTripMs}-ms-away`, unit: "ms", seed },
      samples,
    );
  }
  yield* onSlowCores(async function* (quota, variant) {
    for (const candidates of CANDIDATES) {
      const { samples, floor } = await measure(candidates, events, seed, quota);
      yield timedRow(
        { id: `rank-${candidates}`, variant, unit: "ms", seed, note: `ended on the ${floor} floor` },
        samples,
      );
    }
  });
}

async function releaseOf(candidates: number, seed: number): Promise<SyntheticRelease> {
  const models = untrainedModels(DIM, seed);
  const items = candidates + SEEN_ITEMS;
  // The selection of releases that say nothing else: exploration slots included.
  const selection = { diversity: 0.1 };
  return syntheticRelease({ items, dim: DIM, clusters: 20, neighboursPerItem: 48, seed, models, selection });
}

async function measure(candidates: number, events: number, seed: number, quota?: CpuQuota): Promise<Reactions> {
  const { page, close } = await openSdkPage(await releaseOf(candidates, seed), quota);
  try {
    return await page.evaluate(react, { history: HISTORY_EVENTS, events, seen: SEEN_ITEMS, pauseMs: PAUSE_MS });
  } finally {
    await close();
  }
}

/** The same events, one after the other, to a server that answers with the new order. */
async function measureServer(candidates: number, events: number, seed: number, roundTripMs: number): Promise<number[]> {
  const release = await releaseOf(candidates, seed);
  const { page, close } = await openSdkPage(release);
  const server = await startRankingServer(release, roundTripMs);
  try {
    return await page.evaluate(ask, { url: server.url, events, seen: SEEN_ITEMS, pauseMs: PAUSE_MS });
  } finally {
    await close();
    await server.close();
  }
}

/** Runs in the page. @returns milliseconds from the event to the parsed answer, one an event */
async function ask(plan: { url: string; events: number; seen: number; pauseMs: number }): Promise<number[]> {
  const samples: number[] = [];
  const startMs = Date.now();
  for (let i = 0; i < plan.events; i++) {
    await new Promise((resolve) => setTimeout(resolve, plan.pauseMs));
    const startedAt = performance.now();
    const event = {
      id: `01HF7YAT00TMB5S1RN${String(i).padStart(8, "0")}`,
      type: "like",
      item: `item-${(i * 7) % plan.seen}`,
      at: startMs + 60_000 * i,
      list: `list-${i}`,
      position: 0,
    };
    const response = await fetch(plan.url, { method: "POST", body: JSON.stringify(event) });
    const entries = (await response.json()) as unknown[];
    samples.push(performance.now() - startedAt);
    if (entries.length === 0) throw new Error("the server ranked nothing");
  }
  return samples;
}

interface Reactions {
  /** Milliseconds, one an event. */
  readonly samples: number[];
  /** A device that is too slow for the deep ranker goes back to the linear floor by itself. */
  readonly floor: Floor;
}

interface Plan {
  readonly history: number;
  readonly events: number;
  readonly seen: number;
  readonly pauseMs: number;
}

/** Runs in the page. */
async function react({ history, events, seen, pauseMs }: Plan): Promise<Reactions> {
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
    recommender.on("error", (error) => error.code !== "model" && reject(error));
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
  if (entries.length === 0) throw new Error("the feed is empty");
  await recommender.close();
  return { samples, floor };
}
