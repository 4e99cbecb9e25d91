// A page of another origin that loads the SDK from the edge, without a bundler.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchChromium } from "../harness/demo-page.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { expectLoop, openHost } from "./host-page.ts";
import { servePages } from "./served-pages.ts";

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
