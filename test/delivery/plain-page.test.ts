// A page of another origin that loads the SDK from the edge, without a bundler.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Feed, Recommender } from "../../client-sdk/index.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { expectLoop, openHost, PATIENT } from "./host-page.ts";
import { servePages } from "./served-pages.ts";

interface Host {
  readonly host: { readonly recommender: Recommender; readonly feed: Feed };
}

const edge = inject("edge");
const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
const sdk = `${edge}/sdk/${version}`;

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test.each(["index.js", "worker.js", "ort.js", "ed25519.js", "ort-wasm-simd-threaded.wasm"])(
  "the edge serves %s to every origin, to be kept forever",
  async (name) => {
    const answer = await fetch(`${sdk}/${name}`, { headers: { Origin: "https://app.example" } });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": name.endsWith(".wasm")
        ? "application/wasm"
        : expect.stringMatching(/^(text|application)\/javascript/),
    });
    const built = await readFile(join(ROOT, "dist/browser", name));
    expect(built.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
  },
);

test("a version that the edge does not have is not found", async () => {
  expect((await fetch(`${edge}/sdk/0.0.0/index.js`)).status).toBe(404);
});

test("a page of another origin scores through ORT in a worker, with one script tag and no file of its own", async () => {
  const pages = await servePages({ sdk: `${sdk}/index.js` });
  const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`);
  await host.reach("deep");
  await expectLoop(host, "deep");
  expect(host.page.workers()).toHaveLength(1);
  expect(await host.errors()).toEqual([]);
  expect([...host.complaints, ...host.thrown]).toEqual([]);
  expect(pages.requests).toEqual(["/index.html", "/main.js", "/loop.js"]);
  await host.close();
  await pages.stop();
});

/** The first so many requests for a file get nowhere. */
function failing(name: string, times: number) {
  let asked = 0;
  return (page: Page) =>
    page.context().route(`**/${name}`, (route) => (asked++ < times ? route.abort() : route.continue()));
}

/** Likes one item after the other until the page has a floor: every like asks for a list. */
async function likeUntil(page: Page, floor: string): Promise<void> {
  for (let i = 0; (await page.getAttribute("html", "data-floor")) !== floor; i++) {
    await page.evaluate((id) => void (globalThis as unknown as Host).host.recommender.track("like", id), `item-${i}`);
    await page.waitForTimeout(500);
  }
}

test("a runtime that cannot be loaded at first is asked for again, and said to be missing once", async () => {
  const pages = await servePages({ sdk: `${sdk}/index.js` });
  const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`, failing("ort.js", 2));
  await host.reach("linear");
  await likeUntil(host.page, "deep");
  const errors = await host.errors();
  expect(errors).toMatchObject([{ code: "model", message: expect.stringContaining("runtime could not be loaded") }]);
  await host.close();
  await pages.stop();
});

test("an engine that cannot be loaded at first is asked for again, and the feed that waits for it comes", async () => {
  const pages = await servePages({ sdk: `${sdk}/index.js` });
  // Once as a worker's script and once as a module of the page.
  const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`, failing("worker.js", 2));
  const failure = () => host.page.evaluate(() => (globalThis as unknown as Host).host.feed.getSnapshot().error?.code);
  await expect.poll(failure, PATIENT).toBe("worker");
  await host.reach("deep");
  expect(await failure()).toBeUndefined();
  expect(host.page.workers()).toHaveLength(1);
  await host.close();
  await pages.stop();
});

test("an isolated page (COEP require-corp) may use the SDK of the edge as well", async () => {
  const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  const pages = await servePages({ sdk: `${sdk}/index.js`, headersOf: () => isolated });
  const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`);
  await host.reach("deep");
  expect(await host.page.evaluate("crossOriginIsolated")).toBe(true);
  expect(host.page.workers()).toHaveLength(1);
  expect(await host.errors()).toEqual([]);
  await host.close();
  await pages.stop();
});
