// Pages that are hidden, left and come back to, and elements that go: nothing that was seen is lost, nothing is made up.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { IMPRESSION_MS, VIEW_MS } from "../../../../client-sdk/observe/attention.ts";
import { serveCards } from "./observed-page.ts";
import type { Cards, CardServer } from "./observed-page.ts";

let server: CardServer;
let cards: Cards;
beforeAll(async () => {
  server = await serveCards();
});
afterEach(() => cards?.context.close());
afterAll(() => server?.close());

const typesOf = async (item: string) => (await cards.told(item)).map(({ type }) => type);

/** Tells the page what a browser tells when another tab is chosen: a headless one shows them all. */
async function setHidden(hidden: boolean): Promise<void> {
  await cards.page.evaluate(
    (state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    },
    hidden ? ("hidden" as const) : ("visible" as const),
  );
}

test("a view is told when the page is left for another, before it is gone", async () => {
  cards = await server.open();
  await cards.until("impression", "card-0");
  await cards.stay(VIEW_MS);
  await cards.page.goto(`${server.origin}/elsewhere`);
  expect(await typesOf("card-0")).toEqual(["impression", "view"]);
  expect(await typesOf("card-1")).toEqual(["impression", "view"]);
});

test("a page that is left before is no skip", async () => {
  cards = await server.open({ clock: "0.2" });
  await cards.until("impression", "card-0");
  await cards.page.goto(`${server.origin}/elsewhere`);
  expect(await typesOf("card-0")).toEqual(["impression"]);
});

test("a page that comes back out of the cache goes on, and the time away does not count", async () => {
  cards = await server.open();
  // What a browser tells around that cache; a headless Chromium has none.
  const tell = (type: "pagehide" | "pageshow") =>
    cards.page.evaluate((kind) => void dispatchEvent(new PageTransitionEvent(kind, { persisted: true })), type);
  await cards.until("impression", "card-0");
  await tell("pagehide");
  await cards.stay(2 * VIEW_MS);
  await tell("pageshow");
  await cards.stay(VIEW_MS + 50);
  await cards.wheel(800);
  const { details } = await cards.until("view", "card-0");
  expect(details.dwellMs).toBeGreaterThan(VIEW_MS);
  expect(details.dwellMs).toBeLessThan(2 * VIEW_MS);
  expect(await typesOf("card-0")).toEqual(["impression", "view"]);
});

test("a hidden page gives no impression and no time; what was seen before is told as it is hidden", async () => {
  cards = await server.open();
  await setHidden(true);
  await cards.wheel(800);
  await cards.stay(2 * IMPRESSION_MS);
  expect(await cards.told("card-2")).toEqual([]);
  await setHidden(false);
  await cards.until("impression", "card-2");
  await cards.stay(VIEW_MS);
  await setHidden(true);
  const { details: first } = await cards.until("view", "card-2");
  await cards.stay(VIEW_MS);
  await setHidden(false);
  await cards.stay(VIEW_MS + 50);
  await cards.wheel(800);
  const views = (await cards.told("card-2")).filter(({ type }) => type === "view");
  expect(views).toHaveLength(2);
  const more = views[1]!.details.dwellMs! - first.dwellMs!;
  expect(more).toBeGreaterThan(VIEW_MS);
  expect(more).toBeLessThan(2 * VIEW_MS);
});

test("an element that is removed, or no longer drawn, was not skipped, and what was seen of it is told", async () => {
  cards = await server.open({ card: "height: 200px" });
  await cards.until("impression", "card-3");
  await cards.page.evaluate(() => {
    document.getElementById("card-0")!.remove();
    document.getElementById("card-1")!.style.display = "none";
  });
  await cards.stay(VIEW_MS);
  expect(await typesOf("card-0")).toEqual(["impression"]);
  expect(await typesOf("card-1")).toEqual(["impression"]);
  await cards.page.evaluate(() => document.getElementById("card-2")!.remove());
  expect((await cards.until("view", "card-2")).details.dwellMs).toBeGreaterThan(VIEW_MS);
});

test("the end of an observation tells what was seen, and nothing is told after", async () => {
  cards = await server.open();
  await cards.until("impression", "card-1");
  await cards.stay(VIEW_MS);
  await cards.page.evaluate(() => {
    for (const end of observed.ends) end();
    observed.ends[0]!();
  });
  expect(await typesOf("card-0")).toEqual(["impression", "view"]);
  const before = await cards.told();
  await cards.wheel(800);
  await cards.stay(2 * IMPRESSION_MS);
  expect(await cards.told()).toEqual(before);
  expect(await cards.page.evaluate(() => observed.held.size)).toBe(0);
});

test("an element that is observed again with the same card goes on, with one impression and one view", async () => {
  cards = await server.open();
  await cards.page.evaluate(async () => {
    const { observer, entryOf } = observed;
    const element = document.getElementById("card-0")!;
    const until = performance.now() + 2_500;
    let end = observed.ends[0]!;
    // As a list does that is drawn anew several times a second.
    while (performance.now() < until) {
      end();
      end = observer.observe(element, entryOf("card-0"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  await cards.wheel(800);
  const { details } = await cards.until("view", "card-0");
  expect(await typesOf("card-0")).toEqual(["impression", "view"]);
  expect(details.dwellMs).toBeGreaterThan(2_000);
});

test("an element that shows another card starts anew, and a card in another element has had its impression", async () => {
  cards = await server.open({ clock: "0.2" });
  await cards.until("impression", "card-0");
  await cards.page.evaluate(() => {
    const { observer, entryOf } = observed;
    observer.observe(document.getElementById("card-0")!, entryOf("other"));
    // The end of an earlier observation is none of the later.
    observed.ends[0]!();
    observer.observe(document.getElementById("card-1")!, entryOf("card-0"));
  });
  await cards.until("impression", "other");
  await cards.wheel(800);
  await cards.until("skip", "other");
  expect((await cards.told("card-0")).filter(({ type }) => type === "impression")).toHaveLength(1);
});

test("what was known of the cards is forgotten as if they had only just come", async () => {
  cards = await server.open({ clock: "0.5" });
  await cards.until("impression", "card-0");
  await cards.stay(2 * VIEW_MS);
  await cards.page.evaluate(() => observed.observer.reset());
  await cards.wheel(800);
  expect((await cards.told("card-0")).map(({ type }) => type)).not.toContain("view");
});

test("what was played of a sound or a video is told, and half of it is a view", async () => {
  cards = await server.open();
  await cards.page.evaluate(async () => {
    const sound = new Audio(observed.silence(1));
    sound.muted = true;
    document.getElementById("card-0")!.append(sound);
    await sound.play();
    await new Promise((resolve) => sound.addEventListener("ended", resolve));
    await sound.play();
  });
  await cards.wheel(800);
  const { details } = await cards.until("view", "card-0");
  expect(details.fraction).toBeGreaterThan(0.9);
  expect(details.fraction).toBeLessThanOrEqual(1);
  expect((await cards.told("card-1")).every((each) => each.details.fraction === undefined)).toBe(true);
});

test("what cannot be observed is reported and thrown at nobody, and after close nothing is", async () => {
  cards = await server.open();
  await cards.until("impression", "card-0");
  const { paths, thrown } = await cards.page.evaluate(() => {
    const { observer, entryOf } = observed;
    const card = document.getElementById("card-0")!;
    const bad = [
      [undefined, entryOf("a")],
      ["card-0", entryOf("a")],
      [document, entryOf("a")],
      [card, undefined],
      [card, "card-0"],
      [card, { id: 1, list: "list" }],
      [card, { id: "a" }],
    ] as unknown as [Element, ReturnType<typeof entryOf>][];
    let count = 0;
    for (const [element, entry] of bad) {
      try {
        observer.observe(element, entry)();
      } catch {
        count++;
      }
    }
    const errors = observed.errors as { path: string }[];
    observer.close();
    observer.observe(card, entryOf("b"))();
    return { paths: errors.map(({ path }) => path), thrown: count };
  });
  expect(thrown).toBe(0);
  expect(paths).toEqual(["element", "element", "element", "entry", "entry", "entry", "entry"]);
  const before = await cards.told();
  await cards.wheel(800);
  await cards.stay(2 * IMPRESSION_MS);
  expect(await cards.told()).toEqual(before);
});
