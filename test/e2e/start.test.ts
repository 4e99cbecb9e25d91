// The promises of `npm start`, measured by the global setup on a start that trained everything.
import { expect, inject, test } from "vitest";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { LIMITS } from "./kept-start.ts";
import { activate, stack } from "./stack.ts";

const { url, releases } = stack;
const { timings } = inject("kept");
/** An open page looks for a new release every 15 s; then it downloads and checks it. */
const SWAP_LIMIT_MS = 45_000;

test("the page is usable on the linear floor within 30 s of npm start", () => {
  console.log(
    `npm start: ready after ${seconds(timings.readyMs)}, a fresh page ranked ${seconds(timings.usableMs)} later`,
  );
  expect(timings.readyMs + timings.usableMs).toBeLessThanOrEqual(LIMITS.usableMs);
});

test("the deep release is trained, published and in the open page within 180 s of npm start", () => {
  console.log(
    `npm start: deep ready after ${seconds(timings.deepMs)}, in the open page after ${seconds(timings.swapMs)}`,
  );
  expect(timings.swapMs).toBeLessThanOrEqual(LIMITS.swapMs);
});

test("a second start is ready in seconds", () => {
  console.log(`npm start: second start ready after ${seconds(timings.secondReadyMs)}`);
  expect(timings.secondReadyMs).toBeLessThanOrEqual(LIMITS.secondReadyMs);
});

test("an open page takes a newly activated release into use by itself, and a rolled back one too", async () => {
  await activate(releases.linear);
  const browser = await launchChromium();
  try {
    const demo = await openDemo(browser, url);
    await demo.reach("linear");
    expect(await demo.release()).toBe(releases.linear);
    const before = await demo.current();
    for (const [floor, release] of [
      ["deep", releases.deep],
      ["linear", releases.linear],
    ] as const) {
      await activate(release);
      await demo.page.waitForSelector(`html[data-release="${release}"][data-floor="${floor}"]`, {
        timeout: SWAP_LIMIT_MS,
      });
      expect(await demo.current(), "the film on the screen stays").toBe(before);
      expect(await demo.queue()).toHaveLength(20);
    }
    expect(demo.complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
