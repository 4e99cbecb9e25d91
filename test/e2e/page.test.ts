// The demo page as a page: it fits, it can be used with a finger and with a keyboard, and it says why.
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

test("the keys L, S and U do what the buttons do", async () => {
  const start = [await demo.current(), ...(await demo.queue())];
  const events = async () =>
    (await demo.storedEvents()).map(({ type }) => type).filter((type) => type !== "impression");
  const key = async (name: string) => {
    const before = await demo.page.getAttribute("#reaction", "data-event");
    await demo.page.keyboard.press(name);
    await expect.poll(() => demo.page.getAttribute("#reaction", "data-event"), PATIENT).not.toBe(before);
  };
  await key("l");
  await key("s");
  expect(await events()).toEqual(["like", "skip"]);
  await key("u");
  await key("u");
  expect([await demo.current(), ...(await demo.queue())]).toEqual(start);
});

test("a like in the list keeps the film in the middle, and the keyboard stays in the list", async () => {
  const before = await demo.current();
  const [first] = await demo.queue();
  await demo.page.focus(`#queue [data-item="${first}"] [data-action="like"]`);
  await demo.page.keyboard.press("Enter");
  await expect.poll(() => demo.queue(), PATIENT).not.toContain(first);
  expect(await demo.current()).toBe(before);
  expect(await demo.page.evaluate(() => document.activeElement?.closest("#queue .row") !== null)).toBe(true);
  expect(await demo.page.evaluate(() => document.activeElement?.getAttribute("data-action"))).toBe("like");
  await demo.press("undo");
});

test("the reasons of a film sum to its score", async () => {
  await demo.press("like");
  await demo.page.click('[data-action="why"]');
  await demo.page.waitForSelector(".terms .sum");
  const figures = await demo.page.$$eval(".term-value", (each) =>
    each.map((figure) => Number(figure.textContent!.replace("−", "-"))),
  );
  const score = figures.pop()!;
  expect(figures.length).toBeGreaterThan(1);
  // Every figure is rounded to a hundredth.
  expect(Math.abs(figures.reduce((sum, each) => sum + each, 0) - score)).toBeLessThanOrEqual(
    0.005 * (figures.length + 1),
  );
  await demo.press("undo");
});

test.each([
  { width: 320, height: 640 },
  { width: 390, height: 844 },
  { width: 820, height: 1180 },
  { width: 1440, height: 900 },
])("at $width × $height nothing is cut off and everything pressed is large enough", async (size) => {
  await demo.page.setViewportSize(size);
  await demo.browse("Horror");
  const { overflow, small } = await demo.page.evaluate((least) => {
    const pressed = [...document.querySelectorAll<HTMLElement>("button, label")].filter((each) => each.offsetParent);
    return {
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: pressed
        .filter((each) => each.offsetHeight < least || each.offsetWidth < least)
        .map((each) => `${each.textContent} ${each.offsetWidth} × ${each.offsetHeight}`),
    };
  }, LEAST_TOUCH_PX);
  expect(overflow).toBeLessThanOrEqual(0);
  expect(small).toEqual([]);
});

test("nothing was complained about in the console", () => {
  expect(demo.complaints).toEqual([]);
});
