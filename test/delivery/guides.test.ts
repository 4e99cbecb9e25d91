// Programs of the guides, word for word: the app of docs/quick-start.md, built with vite from the packed package, and the page
// of docs/recipes.md that needs no bundler.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { blocksOf } from "../harness/read-pages.ts";
import { serveFolder } from "./file-server.ts";

const app = inject("app");
const edge = inject("edge");
/** The endpoint that the guide names. */
const ENDPOINT = "http://127.0.0.1:8787";
const LIMIT_MS = 30_000;
/** The made-up items are in so many clusters; item i is of cluster i mod 8. */
const CLUSTERS = 8;

test("the app of the quick start ranks, reacts to a like below what was seen, and remembers it", async () => {
  const blocks = await blocksOf("docs/quick-start.md");
  const [page] = blocks.filter(({ language }) => language === "html");
  const [main] = blocks.filter(({ language }) => language === "js");
  const folder = join(app, "quick-start");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "index.html"), page!.text);
  await writeFile(join(folder, "main.js"), main!.text.replace(ENDPOINT, edge));
  const env = { NODE_ENV: "production", VITEST: undefined };
  const built = await run("vite", ["build", folder, "--logLevel", "warn"], { cwd: app, env, quiet: true });
  expect(built.code, built.output).toBe(0);

  const server = await serveFolder(join(folder, "dist"));
  const browser = await launchChromium();
  try {
    const tab = await browser.newPage();
    const thrown: string[] = [];
    tab.on("pageerror", (error) => thrown.push(String(error)));
    await tab.goto(server.origin);
    // What is seen is pinned, and twenty follow it: the list grows until it is longer than the screen.
    await expect.poll(async () => (await titles(tab)).length, { timeout: LIMIT_MS }).toBeGreaterThan(20);
    const before = await titles(tab);
    const liked = before[2]!;
    await tab.getByRole("listitem").nth(2).getByRole("button").click();
    await expect.poll(async () => alike(await titles(tab), liked), { timeout: LIMIT_MS }).toBeGreaterThan(8);
    expect((await titles(tab)).slice(0, 10)).toEqual(before.slice(0, 10));

    await tab.reload();
    await expect.poll(async () => (await titles(tab)).length, { timeout: LIMIT_MS }).toBeGreaterThan(20);
    expect(alike(await titles(tab), liked)).toBeGreaterThan(alike(before, liked));
    expect(thrown).toEqual([]);
  } finally {
    await browser.close();
    await server.stop();
  }
});

test("the page of the recipes is a whole app in one file", async () => {
  const [block] = (await blocksOf("docs/recipes.md")).filter(({ language }) => language === "html");
  const folder = join(app, "one-file");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "index.html"), block!.text.replaceAll(ENDPOINT, edge));
  const server = await serveFolder(folder);
  const browser = await launchChromium();
  try {
    const tab = await browser.newPage();
    const thrown: string[] = [];
    tab.on("pageerror", (error) => thrown.push(String(error)));
    await tab.goto(server.origin);
    await expect.poll(async () => (await titles(tab)).length, { timeout: LIMIT_MS }).toBe(10);
    expect(new Set(await titles(tab)).size).toBe(10);
    expect(thrown).toEqual([]);
  } finally {
    await browser.close();
    await server.stop();
  }
});

function titles(tab: Page): Promise<string[]> {
  return tab.evaluate(() => [...document.querySelectorAll("li")].map((row) => row.firstChild!.textContent!.trim()));
}

/** How many of the last twenty are of the liked item's cluster. */
function alike(shown: readonly string[], liked: string): number {
  const clusterOf = (title: string) => Number(/\d+/.exec(title)![0]) % CLUSTERS;
  return shown.slice(-20).filter((title) => clusterOf(title) === clusterOf(liked)).length;
}
