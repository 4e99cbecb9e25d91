// `observe` in a recommender: what it finds reaches the log and the feed, and what is on the screen stays where it is.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Entry, Feed } from "../../client-sdk/index.ts";
import { VIEW_MS } from "../../client-sdk/observe/attention.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, idsOf, open, shown, until } from "./open.ts";
import type { Opened } from "./open.ts";

const release = await syntheticRelease({ items: 200 });

let cards: HTMLElement;
beforeEach(() => {
  cards = document.createElement("main");
  document.body.append(cards);
});
afterEach(() => cards.remove());

async function openFeed(): Promise<{ notices: Opened; feed: Feed }> {
  const notices = open(testEdge(release), { consent: "local" });
  const feed = notices.recommender.feed({ surface: "home", count: 10 });
  await shown(feed, ({ floor }) => floor === "linear");
  return { notices, feed };
}

/** A card that fills the screen. */
function show(notices: Opened, entry: Entry, height = "100vh"): { element: HTMLElement; end: () => void } {
  const element = document.createElement("article");
  element.textContent = entry.id;
  element.style.height = height;
  cards.append(element);
  return { element, end: notices.recommender.observe(element, entry) };
}

test("an impression is told by itself, once, and pins the card for good", async () => {
  const { notices, feed } = await openFeed();
  const [first] = feed.getSnapshot().entries;
  const { element, end } = show(notices, first!);
  await until(() => notices.reactions.length > 0);
  notices.recommender.observe(element, feed.getSnapshot().entries[0]!);
  end();
  element.remove();
  expect((await notices.recommender.profile.get()).events).toBe(1);
  expect(feed.getSnapshot().pinned).toBe(1);
  expect(notices.errors).toEqual([]);
});

test("a card of which one line is on the screen does not move when the feed is ranked anew, until it is gone", async () => {
  const { notices, feed } = await openFeed();
  const before = idsOf(feed.getSnapshot());
  // Less than half of them is on the screen: no impression.
  cards.style.cssText = "height: 20px; overflow: hidden";
  const { element } = show(notices, feed.getSnapshot().entries[3]!, "200px");
  await shown(feed, ({ pinned }) => pinned === 4);
  const ranked = await after(notices, feed, () => notices.recommender.track("like", "item-77"));
  expect(idsOf(ranked).slice(0, 4)).toEqual(before.slice(0, 4));
  expect(idsOf(ranked).slice(4)).not.toEqual(before.slice(4));
  element.remove();
  await shown(feed, ({ pinned }) => pinned === 0);
  expect((await notices.recommender.profile.get()).events).toBe(1);
});

test("a view is told with its time when the card has gone", async () => {
  const { notices, feed } = await openFeed();
  const { element } = show(notices, feed.getSnapshot().entries[0]!);
  await until(() => notices.reactions.length > 0);
  const impressedAt = performance.now();
  await until(() => performance.now() > impressedAt + VIEW_MS);
  element.remove();
  await until(() => notices.reactions.length > 1);
  expect((await notices.recommender.profile.get()).events).toBe(2);
  expect(notices.errors).toEqual([]);
});

test("what cannot be observed is an error notice and nothing thrown", async () => {
  const { notices, feed } = await openFeed();
  const entry = feed.getSnapshot().entries[0]!;
  notices.recommender.observe(null as unknown as Element, entry)();
  notices.recommender.observe(cards, {} as Entry)();
  expect(notices.errors.map(({ code, path }) => [code, path])).toEqual([
    ["bad_option", "element"],
    ["bad_option", "entry"],
  ]);
});

test("closing tells what was seen, and observing a closed recommender does nothing", async () => {
  const { notices, feed } = await openFeed();
  show(notices, feed.getSnapshot().entries[0]!);
  await until(() => notices.reactions.length > 0);
  await notices.recommender.close();
  const { end } = show(notices, feed.getSnapshot().entries[1]!);
  expect(end).not.toThrow();
});
