// What docs/offline.md says, with its service worker, word for word: neither the page's server nor the edge answers.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchChromium } from "../harness/demo-page.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { blocksOf } from "../harness/read-pages.ts";
import { startRecordingProxy } from "../harness/recording-proxy.ts";
import { serveFolder } from "./file-server.ts";
import { expectLoop, openHost, PATIENT } from "./host-page.ts";

const edge = inject("edge");
let folder: string;
let browser: Awaited<ReturnType<typeof launchChromium>>;

beforeAll(async () => {
  browser = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), "nearfeed-offline-"));
  const [worker, registration] = (await blocksOf("docs/offline.md")).filter(({ language }) => language === "js");
  await cp(join(import.meta.dirname, "hosts"), folder, { recursive: true });
  await cp(join(ROOT, "dist/browser"), join(folder, "nearfeed"), { recursive: true });
  await writeFile(join(folder, "service-worker.js"), worker!.text);
  const imports = `import { createRecommender } from "/nearfeed/index.js";\nimport { run } from "./loop.js";\n`;
  await writeFile(join(folder, "main.js"), `${imports}run(createRecommender);\n${registration!.text}`);
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What the page of `hosts/loop.js` says of its feed. */
const SNAPSHOT = `(({ status, offline, floor, error }) => ({ status, offline, floor, code: error?.code }))(host.feed.getSnapshot())`;

test("from the second visit on the page reloads without a network, ranks, and reacts to a like", async () => {
  const server = await serveFolder(folder);
  const proxy = await startRecordingProxy(edge);
  const host = await openHost(browser, `${server.origin}/?endpoint=${proxy.url}`);
  await host.reach("deep");
  await host.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await host.page.reload();
  await host.reach("deep");
  await proxy.close();
  await server.stop();

  await host.page.reload();
  await host.reach("deep");
  await expect.poll(() => host.page.evaluate(SNAPSHOT), PATIENT).toMatchObject({ status: "ready", offline: true });
  await expectLoop(host, "deep");
  expect(await host.page.evaluate("host.recommender.sync().then(({ status }) => status)")).toBe("offline");
  expect(await host.page.evaluate("host.recommender.erase()")).toEqual({ local: "erased", remote: "none" });
  expect(host.thrown).toEqual([]);
  await host.close();
});

test("a first visit without the edge has a list that failed, which comes when the edge answers; at denied none is kept", async () => {
  let reachable = false;
  const server = await serveFolder(folder);
  const proxy = await startRecordingProxy(edge, { before: () => reachable });
  const host = await openHost(browser, `${server.origin}/?consent=denied&endpoint=${proxy.url}`);
  const status = (is: string) => host.page.waitForSelector(`html[data-status="${is}"]`, { state: "attached" });
  await status("failed");
  expect(await host.page.evaluate(SNAPSHOT)).toMatchObject({ status: "failed", code: "offline" });
  reachable = true;
  await status("ready");
  reachable = false;
  await host.page.reload();
  await status("failed");
  expect(host.thrown).toEqual([]);
  await host.close();
  await proxy.close();
  await server.stop();
});
