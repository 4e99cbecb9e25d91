// The program of the README, bundled as an app would and run in Chromium against a trained edge, shows what the README says.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveFolder, type FileServer } from "../delivery/file-server.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { blocksOf } from "../harness/read-pages.ts";
import { activate, stack } from "./stack.ts";

/** The endpoint that the program names; the edge of the tests has another port. */
const ENDPOINT = "http://127.0.0.1:8787";
const LIMIT_MS = 30_000;

let folder: string;
let server: FileServer;
let browser: Awaited<ReturnType<typeof launchChromium>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-embed-"));
  const program = await readFile(join(ROOT, "examples/embed/main.ts"), "utf8");
  if (!program.includes(ENDPOINT)) throw new Error(`examples/embed/main.ts does not name ${ENDPOINT}`);
  await build({
    stdin: { contents: program.replace(ENDPOINT, stack.url), loader: "ts", resolveDir: ROOT },
    alias: { nearfeed: join(ROOT, "dist/browser/index.js") },
    bundle: true,
    format: "esm",
    outfile: join(folder, "main.js"),
  });
  await cp(join(ROOT, "dist/browser"), folder, { recursive: true, filter: (path) => !path.endsWith("index.js") });
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><body><script type="module" src="main.js"></script></body>`,
  );
  server = await serveFolder(folder);
  browser = await launchChromium();
  await activate(stack.releases.linear);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("the program shows what the README says, before and after the like it names", async () => {
  const [before, after] = (await blocksOf("README.md"))
    .filter(({ language, text }) => language === "text" && text.startsWith("♥"))
    .map(({ text }) => text.trim().split("\n"));
  expect(before!.length).toBeGreaterThan(3);
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [, liked] = /After a click on `([^`]+)`/.exec(readme)!;
  expect(before).toContain(liked);

  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(server.origin);
  await expect.poll(() => firstRows(page, before!.length), { timeout: LIMIT_MS }).toEqual(before);
  expect(await page.getByRole("button").count()).toBe(20);
  await page.getByRole("button", { name: liked, exact: true }).click();
  await expect.poll(() => firstRows(page, after!.length), { timeout: LIMIT_MS }).toEqual(after);
  expect(complaints).toEqual([]);
  await page.close();
});

function firstRows(page: Page, count: number): Promise<string[]> {
  return page.evaluate(
    (rows) => [...document.querySelectorAll("button")].slice(0, rows).map((button) => button.textContent),
    count,
  );
}
