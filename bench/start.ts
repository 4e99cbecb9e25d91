/**
 * The first list, in Chromium on localhost: from before the SDK is imported to a list with entries. Cold is a browser that
 * has never been there; warm is a later visit at consent `local`, whose release and profile are on the device: every
 * visit likes its whole list.
 */
import type { BrowserContext } from "playwright-core";
import { syntheticRelease } from "../test/harness/synthetic/release.ts";
import type { SyntheticRelease } from "../test/harness/synthetic/release.ts";
import type { CpuQuota } from "./harness/cpu-quota.ts";
import { openSdkPage } from "./harness/sdk-page.ts";
import { onSlowCores } from "./harness/slow-cores.ts";
import { timedRow } from "./harness/timings.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const ITEMS = 10_000;
const VISITS = 30;
const QUICK_VISITS = 4;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const release = await syntheticRelease({ items: ITEMS, clusters: 20, neighboursPerItem: 48, seed });
  const visits = quick ? QUICK_VISITS : VISITS;
  yield* measure(release, visits, { seed });
  yield* onSlowCores((quota, variant) => measure(release, visits, { seed, variant }, quota));
}

async function* measure(
  release: SyntheticRelease,
  visits: number,
  about: { readonly seed: number; readonly variant?: string },
  quota?: CpuQuota,
): AsyncIterable<Row> {
  const { browser, origin, close } = await openSdkPage(release, quota);
  const row = { ...about, unit: "ms", note: `${ITEMS} items` };
  try {
    const cold: number[] = [];
    for (let i = 0; i < visits; i++)
      cold.push(
        await inContext(
          () => browser.newContext(),
          (context) => visit(context, origin),
        ),
      );
    yield timedRow({ ...row, id: "start-cold" }, cold);
    const warm = await inContext(
      () => browser.newContext(),
      async (context) => {
        const samples: number[] = [];
        for (let i = 0; i <= visits; i++) samples.push(await visit(context, origin));
        // The first one was cold.
        return samples.slice(1);
      },
    );
    yield timedRow({ ...row, id: "start-warm" }, warm);
  } finally {
    await close();
  }
}

async function inContext<R>(
  open: () => Promise<BrowserContext>,
  use: (context: BrowserContext) => Promise<R>,
): Promise<R> {
  const context = await open();
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

async function visit(context: BrowserContext, origin: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  const ms = await page.evaluate(firstList);
  await page.close();
  return ms;
}

/** Runs in the page. @returns milliseconds; the release is on the device afterwards */
async function firstList(): Promise<number> {
  const startedAt = performance.now();
  const url = "/sdk/index.js";
  const { createRecommender } = (await import(url)) as typeof import("../client-sdk/index.ts");
  const recommender = createRecommender({ endpoint: location.origin, consent: "local" });
  const list = await recommender.recommend({ surface: "home" });
  const ms = performance.now() - startedAt;
  if (list.status !== "ready") throw new Error(`the first list is ${list.status}`);
  await recommender.sync();
  for (const { id } of list.entries) recommender.track("like", id);
  // Answered after what came before it, so the likes are on the device by now.
  await recommender.profile.get();
  await recommender.close();
  return ms;
}
