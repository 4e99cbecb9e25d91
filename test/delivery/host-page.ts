/** Opens a host page in Chromium and walks through the loop as its visitor: a list, a like, a new order. */
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";

const LIMIT_MS = 30_000;
/** For `expect.poll`: a page of a busy machine takes longer than vitest's one second. */
export const PATIENT = { timeout: LIMIT_MS };
/** Items of the made-up release are in 8 clusters; item i is of cluster i mod 8. */
const LIKED = "item-3";
const CLUSTERS = 8;

/** What `hosts/loop.js` leaves on the page. */
interface Host {
  readonly recommender: import("../../client-sdk/index.ts").Recommender;
  readonly feed: import("../../client-sdk/index.ts").Feed;
  readonly errors: readonly { code: string; message: string; hint?: string }[];
  readonly reactions: readonly { event: string; floor: string }[];
}
declare const host: Host;

export interface HostPage {
  readonly page: Page;
  /** What the browser's console said went wrong, and what was thrown into the page. */
  readonly complaints: string[];
  readonly thrown: string[];
  reach(floor: "start" | "linear" | "deep"): Promise<void>;
  errors(): Promise<Host["errors"]>;
  close(): Promise<void>;
}

export async function openHost(browser: Browser, url: string, prepare?: (page: Page) => unknown): Promise<HostPage> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  const complaints: string[] = [];
  const thrown: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => thrown.push(String(error)));
  await prepare?.(page);
  await page.goto(url);
  return {
    page,
    complaints,
    thrown,
    async reach(floor) {
      await page
        .waitForSelector(`html[data-floor="${floor}"][data-entries="20"]`, { state: "attached" })
        .catch(async () => {
          const state = await page.evaluate(() => [document.documentElement.outerHTML.slice(0, 200), host.errors]);
          throw new Error(`never ${floor}: ${JSON.stringify({ state, complaints })}`);
        });
    },
    errors: () => page.evaluate(() => host.errors),
    close: () => context.close(),
  };
}

/** Likes an item on a page that has a floor, and expects the order that this floor gives. */
export async function expectLoop({ page }: HostPage, floor: "linear" | "deep"): Promise<void> {
  const { top, reaction, deepTerms } = await page.evaluate(likeAndExplain, LIKED);
  expect(reaction).toMatchObject({ floor });
  const alike = top.slice(0, 5).filter((id) => clusterOf(id) === clusterOf(LIKED));
  expect(alike.length, `more of what was liked in ${top}`).toBeGreaterThanOrEqual(3);
  // The graph adds what the liked vector and the item have in common; nothing else computes that.
  if (floor === "deep") for (const value of deepTerms) expect(value).toBeGreaterThan(0);
  else expect(deepTerms).toEqual([]);
}

function clusterOf(id: string): number {
  return Number(id.slice("item-".length)) % CLUSTERS;
}

/** Runs in the page. */
async function likeAndExplain(liked: string) {
  const event = host.recommender.track("like", liked);
  while (!host.reactions.some((each) => each.event === event)) await new Promise(requestAnimationFrame);
  const { entries } = host.feed.getSnapshot();
  const explanations = await Promise.all(entries.slice(0, 5).map((entry) => host.recommender.explain(entry)));
  return {
    top: entries.map(({ id }) => id),
    reaction: host.reactions.find((each) => each.event === event)!,
    deepTerms: explanations.flatMap((each) =>
      each!.terms.filter(({ kind }) => kind === "deep").map(({ value }) => value),
    ),
  };
}
