// A page of another origin that loads the SDK from the edge, without a bundler.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
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
  return () => {
    let asked = 0;
    return (page: Page) =>
      page.context().route(`**/${name}`, (route) => (asked++ < times ? route.abort() : route.continue()));
  };
}

/** Likes one item after the other until the page has a floor: every like asks for a list. */
async function likeUntil(page: Page, floor: string): Promise<void> {
  for (let i = 0; (await page.getAttribute("html", "data-floor")) !== floor; i++) {
    await page.evaluate((id) => void (globalThis as unknown as Host).host.recommender.track("like", id), `item-${i}`);
    await page.waitForTimeout(500);
  }
}

test.concurrent.each([
  ["ort.js", 1],
  ["ort-wasm-simd-threaded.wasm", 4],
])("where %s cannot be loaded at first, it is asked for again, and said to be missing once", async (file, times) => {
  const pages = await servePages({ sdk: `${sdk}/index.js` });
  const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`, failing(file, times)());
  await host.reach("linear");
  await likeUntil(host.page, "deep");
  const errors = await host.errors();
  expect(errors).toMatchObject([{ code: "model", message: expect.stringContaining("could not be loaded") }]);
  await host.close();
  await pages.stop();
});

describe.concurrent("an engine that cannot be loaded at first", () => {
  // Of tests that run at once only the own `expect` knows which it belongs to.
  /** Once as a worker's script and once as a module of the page. */
  const failingEngine = failing("worker.js", 2);
  const code = (page: Page) => page.evaluate(() => (globalThis as unknown as Host).host.feed.getSnapshot().error?.code);

  test("is asked for again, and what waits for it comes: the feed, and what was done meanwhile", async ({
    expect: own,
  }) => {
    const pages = await servePages({ sdk: `${sdk}/index.js` });
    const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`, failingEngine());
    await own.poll(() => code(host.page), PATIENT).toBe("worker");
    await host.page.evaluate(async () => {
      const { recommender, feed } = (globalThis as unknown as Host).host;
      recommender.track("like", "item-3");
      // Nobody waits for what cannot come yet.
      await feed.more();
    });
    await host.reach("deep");
    const profile = () => host.page.evaluate(() => (globalThis as unknown as Host).host.recommender.profile.get());
    await own.poll(async () => (await profile()).positives, PATIENT).toBe(1);
    own(await code(host.page)).toBeUndefined();
    own(host.page.workers()).toHaveLength(1);
    await host.close();
    await pages.stop();
  });

  test("keeps to the consent that was taken back meanwhile, and deletes what an earlier visit has left", async ({
    expect: own,
  }) => {
    const pages = await servePages({ sdk: `${sdk}/index.js` });
    const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`);
    await host.reach("deep");
    await likeUntil(host.page, "deep");
    const databases = () => host.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    own(await databases()).not.toEqual([]);
    await failingEngine()(host.page);
    await host.page.reload();
    await own.poll(() => code(host.page), PATIENT).toBe("worker");
    await host.page.evaluate(() => (globalThis as unknown as Host).host.recommender.setConsent("denied"));
    await own.poll(databases, PATIENT).toEqual([]);
    await host.reach("linear");
    own(await databases()).toEqual([]);
    await host.close();
    await pages.stop();
  });

  test("is not asked for any more once the recommender is closed", async ({ expect: own }) => {
    const pages = await servePages({ sdk: `${sdk}/index.js` });
    let asked = 0;
    const host = await openHost(browser, `${pages.origin}/?endpoint=${edge}`, (page) =>
      page.context().route("**/worker.js", (route) => (asked++, route.abort())),
    );
    await own.poll(() => code(host.page), PATIENT).toBe("worker");
    const before = asked;
    await host.page.evaluate(() => (globalThis as unknown as Host).host.recommender.close());
    // Longer than the first wait.
    await host.page.waitForTimeout(7_000);
    own(asked).toBe(before);
    await host.close();
    await pages.stop();
  });
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
