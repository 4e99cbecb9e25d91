/**
 * What a long session costs the page's own thread: its share of the thread's time (TaskDuration of the DevTools protocol)
 * and its longest task. The page does nothing else; the same page without the SDK is taken off.
 */
import type { Page } from "playwright-core";
import { syntheticRelease } from "../test/harness/synthetic/release.ts";
import { openSdkPage } from "./harness/sdk-page.ts";
import { timedRow } from "./harness/timings.ts";
import { untrainedModels } from "./harness/untrained-models.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const DIM = 64;
const ITEMS = 10_000;
const EVENTS = 500;
const QUICK_EVENTS = 40;
/** Four events a second: faster than anybody scrolls for long. */
const PAUSE_MS = 250;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const events = quick ? QUICK_EVENTS : EVENTS;
  const models = untrainedModels(DIM, seed);
  const release = await syntheticRelease({ items: ITEMS, dim: DIM, clusters: 20, neighboursPerItem: 48, seed, models });
  const { page, close } = await openSdkPage(release);
  const note = `${events} events, ${PAUSE_MS} ms apart, ${ITEMS} items, deep floor`;
  try {
    const idle = await taskTime(page, () => page.evaluate(pause, { events, pauseMs: PAUSE_MS }));
    await page.evaluate(openFeed);
    let long: number[] = [];
    const busy = await taskTime(page, async () => {
      long = await page.evaluate(act, { events, pauseMs: PAUSE_MS });
    });
    const share = (100 * (busy.taskSeconds - idle.taskSeconds)) / busy.seconds;
    yield { id: "session-main-thread-share", unit: "%", value: share, seed, note };
    yield { id: "session-tasks-over-50-ms", unit: "tasks", value: long.length, seed, note };
    const perEvent = await page.evaluate(() => (globalThis as unknown as SessionPage).trackMs);
    yield timedRow({ id: "session-track-call", unit: "ms", seed, note: "the call of track itself" }, perEvent);
  } finally {
    await close();
  }
}

/** What the page holds between the steps. */
interface SessionPage {
  feed: import("../client-sdk/index.ts").Feed;
  recommender: import("../client-sdk/index.ts").Recommender;
  trackMs: number[];
}

async function taskTime(page: Page, work: () => Promise<void>): Promise<{ taskSeconds: number; seconds: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
  const [before, startedAt] = [await read(), performance.now()];
  await work();
  const [after, endedAt] = [await read(), performance.now()];
  await session.detach();
  return { taskSeconds: after - before, seconds: (endedAt - startedAt) / 1_000 };
}

/** Runs in the page: the session's timers without the session. */
async function pause({ events, pauseMs }: { events: number; pauseMs: number }): Promise<void> {
  for (let i = 0; i < events; i++) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

/** Runs in the page. */
async function openFeed(): Promise<void> {
  const url = "/sdk/index.js";
  const { createRecommender } = (await import(url)) as typeof import("../client-sdk/index.ts");
  const recommender = createRecommender({ endpoint: location.origin, consent: "local" });
  const deep = new Promise<void>((resolve, reject) => {
    recommender.on("release", ({ floor }) => floor === "deep" && resolve());
    recommender.on("error", reject);
  });
  const feed = recommender.feed({ surface: "home" });
  feed.subscribe(() => {});
  await deep;
  Object.assign(globalThis, { feed, recommender, trackMs: [] } satisfies SessionPage);
}

/** Runs in the page. @returns lengths of tasks of 50 ms and more */
async function act({ events, pauseMs }: { events: number; pauseMs: number }): Promise<number[]> {
  const { feed, recommender, trackMs } = globalThis as unknown as SessionPage;
  const long: number[] = [];
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  for (let i = 0; i < events; i++) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const { entries, pinned } = feed.getSnapshot();
    const entry = entries[pinned]!;
    const startedAt = performance.now();
    // What scrolling through a feed gives: each card is seen, some are liked, most are passed.
    recommender.track("impression", entry);
    if (i % 5 === 0) recommender.track("like", entry);
    else if (i % 5 < 3) recommender.track("skip", entry);
    trackMs.push(performance.now() - startedAt);
    if (entries.length - pinned < 5) await feed.more();
  }
  for (const { duration } of observer.takeRecords()) long.push(duration);
  observer.disconnect();
  return long;
}
