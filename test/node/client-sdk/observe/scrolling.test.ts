// Real scrolling in Chromium: wheel, finger and keyboard, other tabs and pages, and what the observer makes of it.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { IMPRESSION_MS, VIEW_MS } from "../../../../client-sdk/observe/attention.ts";
import { serveCards } from "./observed-page.ts";
import type { Cards, CardServer, Told } from "./observed-page.ts";

let server: CardServer;
let cards: Cards;
beforeAll(async () => {
  server = await serveCards();
});
afterEach(() => cards?.context.close());
afterAll(() => server?.close());

/** A second that even a busy machine makes something of. */
const SLOW = { clock: "0.2" };

const typesOf = (told: readonly Told[]) => told.map(({ type }) => type);

test("what is on the screen is an impression after 300 ms, what is below half is not", async () => {
  // 800 high: two cards of 350, and 100 of a third.
  cards = await server.open({ card: "height: 350px" });
  await cards.until("impression", "card-1");
  await cards.stay(2 * IMPRESSION_MS);
  expect((await cards.told()).map(({ type, item }) => [type, item])).toEqual([
    ["impression", "card-0"],
    ["impression", "card-1"],
  ]);
  expect(await cards.page.evaluate(() => observed.held.size)).toBe(3);
});

test("who scrolls slowly sees and views: each card once as an impression, with the time it was on the screen", async () => {
  cards = await server.open({ cards: "6", twin: "1" });
  for (let i = 0; i < 3; i++) {
    await cards.until("impression", `card-${i + 1}`);
    await cards.stay(VIEW_MS);
    await cards.wheel(400);
  }
  const told = await cards.told();
  const views = told.filter(({ type }) => type === "view");
  expect(views.map(({ item }) => item)).toEqual(["card-0", "card-1", "card-2"]);
  expect(typesOf(told.filter(({ item }) => item === "card-0"))).toEqual(["impression", "view"]);
  expect(typesOf(told)).not.toContain("skip");
  const drawn = await cards.drawn();
  for (const { item, details } of views) {
    // The twin looks once a frame.
    expect(Math.abs(details.dwellMs! - drawn.get(item)!.totalMs), item).toBeLessThan(200);
    expect(details.dwellMs).toBeGreaterThanOrEqual(VIEW_MS);
  }
});

test("a fast flick passes cards by that were never seen", async () => {
  cards = await server.open({ cards: "60", twin: "1" });
  await cards.until("impression", "card-1");
  for (let i = 0; i < 12; i++) await cards.swipe(-600);
  await cards.wheel(0);
  const at = Math.floor(((await cards.page.evaluate(() => scrollY)) + 400) / 400);
  await cards.until("impression", `card-${at}`);
  const drawn = await cards.drawn();
  const shown = new Set((await cards.told()).filter(({ type }) => type === "impression").map(({ item }) => item));
  let passedBy = 0;
  for (const [item, { longestMs, frames }] of drawn) {
    // However slow the machine: what was drawn for long enough is an impression, and nothing else is.
    if (longestMs > IMPRESSION_MS + 150) expect(shown, `${item} for ${longestMs} ms`).toContain(item);
    if (longestMs < IMPRESSION_MS - 150) expect(shown, `${item} for ${longestMs} ms`).not.toContain(item);
    if (frames > 0 && !shown.has(item)) passedBy++;
  }
  expect(passedBy).toBeGreaterThan(5);
  expect(shown.size).toBeLessThan(20);
});

test("scrolled past within a second is a skip; scrolled back is none", async () => {
  cards = await server.open(SLOW);
  await cards.until("impression", "card-1");
  await cards.wheel(800);
  expect(typesOf(await cards.told("card-0"))).toEqual(["impression", "skip"]);
  expect(typesOf(await cards.told("card-1"))).toEqual(["impression", "skip"]);
  await cards.until("impression", "card-2");
  await cards.wheel(-800);
  expect(typesOf(await cards.told("card-2"))).toEqual(["impression"]);
});

test("who comes back to what was passed takes the skip back and views it", async () => {
  cards = await server.open({ clock: "0.5" });
  await cards.until("impression", "card-0");
  await cards.wheel(800);
  const { event } = await cards.until("skip", "card-0");
  await cards.wheel(-800);
  await cards.stay(2 * VIEW_MS + 100);
  await cards.wheel(800);
  const { details } = await cards.until("view", "card-0");
  expect(details.dwellMs).toBeGreaterThan(VIEW_MS + IMPRESSION_MS / 2);
  expect((await cards.told()).filter(({ type }) => type === "undo").map((each) => each.event)).toContain(event);
  expect(typesOf(await cards.told("card-0"))).toEqual(["impression", "skip", "view"]);
});

test("keys scroll too: the page key passes, the key to the start goes back", async () => {
  cards = await server.open(SLOW);
  await cards.until("impression", "card-1");
  await cards.page.keyboard.press("PageDown");
  await cards.until("skip", "card-0");
  await cards.until("impression", "card-2");
  await cards.page.keyboard.press("Home");
  await cards.page.waitForFunction(() => scrollY === 0);
  await cards.stay(100);
  expect(typesOf(await cards.told("card-3"))).not.toContain("skip");
});

test("a row that scrolls sideways is passed in the direction of reading", async () => {
  const row = "display: flex; overflow-x: auto; height: 300px; margin-top: 200px;";
  const card = "flex: none; width: 400px; height: 280px";
  for (const direction of ["ltr", "rtl"]) {
    cards = await server.open({ ...SLOW, style: `${row} direction: ${direction}`, card });
    const on = direction === "ltr" ? 1 : -1;
    await cards.until("impression", "card-1");
    await cards.wheel(0, on * 800);
    await cards.until("skip", "card-0");
    await cards.until("impression", "card-2");
    await cards.wheel(0, on * -800);
    expect(typesOf(await cards.told("card-2")), direction).toEqual(["impression"]);
    if (direction === "ltr") await cards.context.close();
  }
});

test("a card higher than the screen is seen when it fills half of it", async () => {
  cards = await server.open({ cards: "3", card: "height: 5000px" });
  await cards.until("impression", "card-0");
  await cards.wheel(4_400);
  await cards.stay(2 * IMPRESSION_MS);
  expect(typesOf(await cards.told("card-1"))).toEqual([]);
  await cards.wheel(400);
  await cards.until("impression", "card-1");
});
