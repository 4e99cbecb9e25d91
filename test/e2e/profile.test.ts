// What a person did is kept, can be taken back, and can be erased; seen through the page, on both floors.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { fetchManifest, openEdgeRelease, shownOf, type EdgeRelease } from "../harness/edge-release.ts";
import { openNodeDeep } from "./node-deep.ts";
import type { DeepSession } from "../../client-sdk/ort.ts";
import { activate, stack } from "./stack.ts";

describe.each(["linear", "deep"] as const)("on the %s floor", (floor) => {
  const { url, releases } = stack;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let release: EdgeRelease;
  let deep: DeepSession | undefined;

  beforeAll(async () => {
    await activate(releases[floor]);
    release = await openEdgeRelease(url, (await fetchManifest(url)).release);
    deep = floor === "deep" ? await openNodeDeep(url, release.release) : undefined;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await deep?.release();
  });

  async function open() {
    const demo = await openDemo(browser, url);
    await demo.reach(floor);
    return demo;
  }

  test("the order after a like and a skip is the one that Node computes from the exported events", async () => {
    const demo = await open();
    await demo.press("like");
    await demo.press("skip");
    await demo.press("like");
    const events = await demo.storedEvents();
    expect(events.map(({ type }) => type)).toEqual([
      "impression",
      "like",
      "impression",
      "skip",
      "impression",
      "like",
      "impression",
    ]);
    const now = events.findLast(({ type }) => type === "like")!.at;
    const shown = shownOf(events);
    expect(shown.at(-1)).toBe(await demo.current());
    const drawn = await demo.queue();
    expect(drawn).toEqual((await release.order(events, { now, count: 21, shown, drawn, deep })).slice(0, 20));
    await demo.close();
  });

  test("undo restores the previous order exactly, one verdict after the other", async () => {
    const demo = await open();
    await demo.catalogued(release.release.items);
    const states = [[await demo.current(), ...(await demo.queue())]];
    for (const action of ["like", "skip", "hide", "like"] as const) {
      await demo.press(action);
      states.push([await demo.current(), ...(await demo.queue())]);
    }
    expect(new Set(states.map(String)).size, "every verdict changes something").toBe(states.length);
    for (const state of states.slice(0, -1).reverse()) {
      await demo.press("undo");
      expect([await demo.current(), ...(await demo.queue())]).toEqual(state);
    }
    expect(await demo.page.isDisabled('#actions [data-action="undo"]')).toBe(true);
    await demo.close();
  });

  test("a reload keeps the profile: no film with a verdict returns, and the order is still the profile's", async () => {
    const demo = await open();
    const liked = [];
    for (let i = 0; i < 3; i++) {
      liked.push(await demo.current());
      await demo.press("like");
    }
    // The bars are drawn after the list: only those of all three likes count.
    const drawn = `#taste[data-positives="${liked.length}"] .bar-row`;
    await demo.page.waitForSelector(drawn);
    const taste = await demo.page.locator("#taste").innerText();
    await demo.page.reload();
    await demo.page.waitForSelector("#queue .row");
    await demo.reach(floor);
    await demo.page.waitForSelector(drawn);
    expect(await demo.page.locator("#taste").innerText()).toBe(taste);
    const events = await demo.storedEvents();
    expect(events.filter(({ type }) => type === "like").map(({ item }) => item)).toEqual(liked);
    const shown = shownOf(events);
    expect(shown.at(-1)).toBe(await demo.current());
    const queue = await demo.queue();
    const options = { now: Date.now(), count: 21, shown, drawn: queue, deep };
    expect(queue).toEqual((await release.order(events, options)).slice(0, 20));
    await demo.close();
  });

  test("erase brings back the feed of somebody unknown and leaves no database", async () => {
    const demo = await open();
    const options = { now: Date.now(), count: 21, deep };
    const first = await demo.current();
    const drawn = await demo.queue();
    expect(drawn).toEqual((await release.order([], { ...options, shown: [first], drawn })).slice(0, 20));
    for (let i = 0; i < 3; i++) await demo.press("like");
    const acted = [await demo.current(), ...(await demo.queue())];
    expect((await demo.stored()).databases).toHaveLength(1);
    await demo.erase();
    const start = [await demo.current(), ...(await demo.queue())];
    expect(start).not.toEqual(acted);
    expect(start).toEqual(await release.order([], { ...options, shown: [], drawn: start }));
    expect((await demo.stored()).databases).toEqual([]);
    expect(await demo.page.locator("#taste").innerText()).toBe("");
    expect(demo.complaints).toEqual([]);
    await demo.close();
  });
});
