// nearfeed/react on a server: it renders what it is given, starts nothing, and the page takes the HTML over as it is.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecommenderProvider, useFeed, useRecommender } from "../../../../client-sdk/react.ts";
import { launchChromium } from "../../../harness/demo-page.ts";
import { testEdge } from "../../../harness/synthetic/edge.ts";
import { syntheticRelease } from "../../../harness/synthetic/release.ts";
import { Page, serverList } from "./page.ts";

const html = renderToString(h(Page, { initial: serverList }));

let browser: Browser;
let server: Server;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

test("a server renders what it is given", () => {
  expect(globalThis.window).toBeUndefined();
  expect(html).toBe('<ol data-floor="start" data-loading="true"><li>One</li><li>Two</li></ol>');
});

test("without a list it renders an empty feed that is loading", () => {
  function Empty() {
    const { entries, loading, status } = useFeed({ surface: "home" });
    return h("p", null, `${entries.length} ${loading} ${status}`);
  }
  expect(renderToString(h(RecommenderProvider, { options: { endpoint: "/" } }, h(Empty)))).toBe("<p>0 true empty</p>");
});

test("wrong options and a missing provider are told while rendering", () => {
  const Hook = () => (useRecommender(), null);
  expect(() => renderToString(h(Hook))).toThrow("useRecommender found no RecommenderProvider");
  expect(() => renderToString(h(RecommenderProvider, { options: { endpoint: "ftp://x" } }))).toThrow("endpoint");
  expect(() => renderToString(h(RecommenderProvider, {} as { options: { endpoint: string } }))).toThrow("got neither");
});

test("the page takes over the server's HTML without a complaint, and then it is alive", async () => {
  const origin = await serve();
  expect(await complaintsOf(`${origin}/`)).toEqual([]);
  // React does complain where the page says something else than the server.
  expect(await complaintsOf(`${origin}/altered`)).not.toEqual([]);
});

/** What is logged until the page shows a ranking of its own. */
async function complaintsOf(url: string): Promise<string[]> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.waitForSelector('[data-loading="false"]');
  expect(await page.$$eval("li", (cards) => cards.length)).toBeGreaterThanOrEqual(6);
  await page.close();
  return complaints;
}

/** The page as a server sends it, its script, the worker, and an edge. */
async function serve(): Promise<string> {
  const bundle = async (path: string) => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, path)],
      bundle: true,
      format: "esm",
      write: false,
      define: { "process.env.NODE_ENV": '"development"' },
    });
    return outputFiles[0]!.text;
  };
  const edge = testEdge(await syntheticRelease({ items: 100 }));
  const scripts = new Map([
    ["/page/client.js", await bundle("client.ts")],
    ["/page/worker.ts", await bundle("../../../../client-sdk/worker.ts")],
  ]);
  server = createServer(async (request, response) => {
    const path = request.url!;
    const script = scripts.get(path);
    if (script) response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
    else if (path.startsWith("/v1/")) {
      const answer = await edge.fetch(`http://edge${path}`);
      response.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type")! });
      response.end(Buffer.from(await answer.arrayBuffer()));
    } else if (path === "/" || path === "/altered") {
      const shown = path === "/" ? html : html.replace("One", "Uno");
      const tag = '<script type="module" src="/page/client.js"></script>';
      response.writeHead(200, { "Content-Type": "text/html" });
      response.end(`<!doctype html><link rel="icon" href="data:,"><div id="root">${shown}</div>${tag}`);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
