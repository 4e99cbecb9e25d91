// The demo page as a page: it fits, it can be used with a finger and with a keyboard, and nothing on it jumps.
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, openDemo, type Demo } from "../harness/demo-page.ts";
import { activate, stack } from "./stack.ts";

const { url, releases } = stack;
const LEAST_TOUCH_PX = 44;
/** A busy machine is slow; how fast the page must be is the business of the bench. */
const PATIENT = { timeout: 15_000 };

let browser: Awaited<ReturnType<typeof launchChromium>>;
let demo: Demo;
beforeAll(async () => {
  await activate(releases.deep);
  browser = await launchChromium();
  demo = await openDemo(browser, url);
  await demo.reach("deep");
});
afterAll(() => browser?.close());

/** Presses a key that is a verdict, or takes one back, and waits for the new order. */
async function key(name: string, on = demo): Promise<void> {
  const before = await on.page.getAttribute("#reaction", "data-event");
  await on.page.keyboard.press(name);
  await expect.poll(() => on.page.getAttribute("#reaction", "data-event"), PATIENT).not.toBe(before);
}

test("the keys L, S, H and U do what the buttons do", async () => {
  const start = [await demo.current(), ...(await demo.queue())];
  for (const name of ["l", "s", "h"]) await key(name);
  const events = (await demo.storedEvents()).map(({ type }) => type).filter((type) => type !== "impression");
  expect(events).toEqual(["like", "skip", "hide"]);
  for (const _ of events) await key("u");
  expect([await demo.current(), ...(await demo.queue())]).toEqual(start);
});

test("J goes on to the next film, K comes back to the last one, and the focus stays in the feed", async () => {
  const [first] = [await demo.current()];
  await demo.page.focus(".card.current");
  const [next] = await demo.queue();
  await demo.page.keyboard.press("j");
  await expect.poll(() => demo.current(), PATIENT).toBe(next);
  expect(await demo.page.evaluate(() => (document.activeElement as HTMLElement).dataset["item"])).toBe(next);
  const [later] = await demo.queue();
  await demo.page.keyboard.press("ArrowDown");
  await expect.poll(() => demo.current(), PATIENT).toBe(later);
  await demo.page.keyboard.press("k");
  await demo.page.keyboard.press("ArrowUp");
  await expect.poll(() => demo.current(), PATIENT).toBe(first);
  const places = await demo.page.$$eval('#feed[role="feed"] > article', (cards) =>
    cards.map((card) => Number(card.getAttribute("aria-posinset"))),
  );
  expect(places).toEqual(places.map((_, i) => i + 1));
});

test("scrolling past a film shows the next one", async () => {
  const [next] = await demo.queue();
  // Back and forth, the trail goes on behind the film in sight.
  await demo.page.evaluate(() => {
    const feed = document.querySelector("#feed")!;
    feed.scrollTo({ top: feed.scrollHeight, behavior: "instant" });
  });
  await expect.poll(() => demo.current(), PATIENT).toBe(next);
});

test("a like in the list keeps the film in the middle, and the keyboard stays in the list", async () => {
  const before = await demo.current();
  const [first] = await demo.queue();
  await demo.page.focus(`#queue [data-item="${first}"] [data-action="like"]`);
  await demo.page.keyboard.press("Enter");
  await expect.poll(() => demo.queue(), PATIENT).not.toContain(first);
  expect(await demo.current()).toBe(before);
  const focused = () =>
    demo.page.evaluate(() => {
      const focus = document.querySelector("#panel")!.shadowRoot!.activeElement;
      return [focus?.closest("#queue .row") !== null, focus?.getAttribute("data-action")];
    });
  expect(await focused()).toEqual([true, "like"]);
  await demo.press("undo");
});

test("the reasons of a film sum to its score, figure by figure", async () => {
  await demo.press("like");
  await demo.page.keyboard.press("w");
  await demo.page.waitForSelector("#why .terms:not(.stale) .sum");
  const figures = await demo.page.$$eval("#why .term-value", (each) =>
    each.map((figure) => Math.round(100 * Number(figure.textContent!.replace("−", "-")))),
  );
  const score = figures.pop()!;
  expect(figures.length).toBeGreaterThan(1);
  expect(figures.reduce((sum, each) => sum + each, 0)).toBe(score);
  expect((await demo.page.locator("#why .sentence").innerText()).length).toBeGreaterThan(10);
  await demo.press("undo");
});

test("what a reaction changes is told politely, and no more often than one can listen to", async () => {
  // What was said last is over, and what waited behind it.
  await demo.page.waitForTimeout(3_200);
  const said = await demo.page.evaluateHandle(() => {
    const heard: { text: string; at: number }[] = [];
    const live = document.querySelector("#live")!;
    new MutationObserver(() => heard.push({ text: live.textContent!, at: performance.now() })).observe(live, {
      childList: true,
    });
    return heard;
  });
  for (let i = 0; i < 4; i++) await key("s");
  await expect.poll(() => said.evaluate((heard) => heard.length), PATIENT).toBeGreaterThanOrEqual(2);
  await demo.page.waitForTimeout(1_600);
  const heard = await said.jsonValue();
  expect(heard[0]!.text).toMatch(/^Skipped .+\. [\d,]+ films re-ranked in [\d.]+ ms\. Now: .+\.$/);
  const pauses = heard.slice(1).map(({ at }, i) => at - heard[i]!.at);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_400);
  expect(await demo.page.getAttribute("#live", "aria-live")).toBe("polite");
  for (let i = 0; i < 4; i++) await key("u");
});

test.each(["reduce", "no-preference"] as const)("nothing jumps during reactions, with motion: %s", async (motion) => {
  const moving = await openDemo(browser, url, undefined, { reducedMotion: motion });
  await moving.reach("deep");
  // What has been drawn since the page was opened has moved things; what counts begins now.
  await moving.page.waitForTimeout(1_000);
  await moving.page.evaluate(() => {
    const shifts: string[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node?: Node }[] })[]) {
        shifts.push(
          `${entry.value} ${entry.sources.map(({ node }) => (node as Element | null)?.outerHTML?.slice(0, 80))}`,
        );
      }
    }).observe({ type: "layout-shift" });
  });
  for (const name of ["l", "l", "s", "u", "l", "h"]) {
    await key(name, moving);
    await moving.page.waitForTimeout(500);
  }
  expect(await moving.page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts)).toEqual([]);
  await moving.close();
});

test("a swipe to the right is a like, to the left a skip, and a short one nothing", async () => {
  const phone = await openDemo(browser, url, undefined, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await phone.reach("deep");
  const devtools = await phone.context.newCDPSession(phone.page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", x?: number) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: x === undefined ? [] : [{ x, y: 400 }] });
  async function swipe(from: number, to: number): Promise<void> {
    await touch("touchStart", from);
    for (let step = 1; step <= 8; step++) await touch("touchMove", from + ((to - from) * step) / 8);
    await touch("touchEnd");
  }
  const verdicts = async () => (await phone.storedEvents()).filter(({ type }) => type !== "impression");
  const [first, queue] = [await phone.current(), await phone.page.$$eval("#queue .row", (rows) => rows.length)];
  expect(queue).toBeGreaterThan(0);
  await swipe(150, 190);
  await swipe(120, 320);
  await expect
    .poll(async () => (await verdicts()).map(({ type, item }) => [type, item]), PATIENT)
    .toEqual([["like", first]]);
  await expect.poll(() => phone.current(), PATIENT).not.toBe(first);
  const second = await phone.current();
  await swipe(320, 120);
  await expect
    .poll(async () => (await verdicts()).map(({ type, item }) => [type, item]), PATIENT)
    .toEqual([
      ["like", first],
      ["skip", second],
    ]);
  expect(phone.complaints).toEqual([]);
  await phone.close();
});

test.each([
  { width: 320, height: 640 },
  { width: 390, height: 844 },
  { width: 820, height: 1180 },
])("at $width × $height nothing is cut off and everything pressed is large enough", async (viewport) => {
  const phone = await openDemo(browser, url, undefined, { viewport, hasTouch: true, isMobile: true });
  await phone.browse("Horror");
  const { overflow, small } = await phone.page.evaluate((least) => {
    const roots = [document, document.querySelector("#panel")!.shadowRoot!];
    const pressed = roots
      .flatMap((root) => [...root.querySelectorAll<HTMLElement>("button, label, summary")])
      .filter((each) => each.offsetParent && getComputedStyle(each).visibility === "visible");
    return {
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: pressed
        .filter((each) => each.offsetHeight < least || each.offsetWidth < least)
        .map((each) => `${each.textContent} ${each.offsetWidth} × ${each.offsetHeight}`),
    };
  }, LEAST_TOUCH_PX);
  expect(overflow).toBeLessThanOrEqual(0);
  expect(small).toEqual([]);
  await phone.close();
});

test("nothing was complained about in the console", () => {
  expect(demo.complaints).toEqual([]);
});
