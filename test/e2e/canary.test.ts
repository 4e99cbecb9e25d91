// A canary through the command line and a real edge, to an open page: there and back, and made the active release.
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";
import { activate, stack } from "./stack.ts";

/** An open page looks for a new release every 15 s. */
const POLL_LIMIT_MS = 45_000;

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test("a canary for every device is in an open page, cancelled it is gone at the next visit, and promoted one command goes back", async () => {
  const { linear, deep } = stack.releases;
  await activate(deep);
  await activate(linear);
  const demo = await openDemo(browser, stack.url);
  await demo.reach("linear");
  const shows = (release: string) =>
    demo.page.waitForSelector(`html[data-release="${release}"]`, { timeout: POLL_LIMIT_MS });

  expect(await nearfeed(["activate", deep, "--canary", "100"], stack)).toContain("the canary of 100 %");
  await shows(deep);
  expect((await fetchManifest(stack.url)).channel).toMatchObject({ release: linear, previous: deep });

  await nearfeed(["canary", "cancel"], stack);
  // Visits look at once; that an open page looks by itself is waited for once on each way, which takes a poll.
  await demo.page.reload();
  await shows(linear);
  await expect(nearfeed(["canary", "promote"], stack)).rejects.toThrow("has no canary");

  await nearfeed(["activate", deep, "--canary", "0"], stack);
  await nearfeed(["canary", "promote"], stack);
  expect((await fetchManifest(stack.url)).channel).toMatchObject({ release: deep, previous: linear });
  await demo.page.reload();
  await shows(deep);
  await nearfeed(["rollback"], stack);
  await shows(linear);
  await demo.close();
});

test("what is not a percentage is refused before anything is asked of the edge", async () => {
  for (const percent of ["101", "-1", "ten", " "]) {
    await expect(nearfeed(["activate", stack.releases.deep, "--canary", percent], stack)).rejects.toThrow("--canary");
  }
});

test("garbage is collected from a real edge, and what was stored today stays", async () => {
  const before = await fetchManifest(stack.url);
  expect(await nearfeed(["gc", "--dry-run"], stack)).toContain("would delete 0 releases and 0 files");
  expect(await nearfeed(["gc"], stack)).toContain("deleted 0 releases and 0 files");
  expect(await fetchManifest(stack.url)).toEqual(before);
});
