// Importing the package does nothing, on a server as in a page, and what an app does not use is not in its bundle.
import { execFile } from "node:child_process";
import { access, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { servePages } from "./served-pages.ts";

const app = inject("app");

/** What is left of the package where only its error class is used: the class, its helpers and esbuild's own lines. */
const ERROR_BYTES = 2_000;

/** The Node that runs the tests, and the one that the machine has, which may be older. */
async function nodes(): Promise<string[]> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const found = [process.execPath];
  for (const folder of folders) {
    const path = join(folder, "node");
    if (
      found.length < 2 &&
      (await access(path).then(
        () => true,
        () => false,
      ))
    )
      found.push(path);
  }
  return found;
}

test.each(await nodes())(
  "%s imports the package without any effect, and a list made there has failed",
  async (node) => {
    await writeFile(
      join(app, "server.mjs"),
      `const globals = () => Reflect.ownKeys(globalThis).length;
     const before = { globals: globals(), handles: process.getActiveResourcesInfo().length };
     for (const name of ["fetch", "setTimeout", "setInterval", "queueMicrotask"]) {
       const real = globalThis[name];
       globalThis[name] = (...args) => { before.called = name; return real(...args); };
     }
     const { createRecommender } = await import("nearfeed");
     const recommender = createRecommender({ endpoint: "/edge", consent: "local" });
     const feed = recommender.feed.bind(recommender);
     const idle = { globals: globals(), handles: process.getActiveResourcesInfo().length, called: before.called };
     const list = await recommender.recommend({ surface: "home" });
     recommender.track("like", "an item");
     const snapshot = feed({ surface: "home" }).getSnapshot();
     await recommender.close();
     const { called, ...was } = before;
     console.log(JSON.stringify({ was, idle, list: { ...list, error: list.error.code }, snapshot }));`,
    );
    // Ends by itself: nothing is left that would keep a server from stopping.
    const { stdout } = await promisify(execFile)(node, ["server.mjs"], { cwd: app, timeout: 20_000 });
    const { was, idle, list, snapshot } = JSON.parse(stdout) as Record<string, object>;
    expect(idle).toEqual(was);
    expect(list).toMatchObject({ status: "failed", entries: [], error: "worker" });
    expect(snapshot).toMatchObject({ entries: [], pinned: 0 });
  },
);

test("importing the package in a page asks for nothing, stores nothing and starts nothing", async () => {
  const browser = await launchChromium();
  const pages = await servePages({});
  try {
    const page = await browser.newPage();
    await page.goto(`${pages.origin}/loop.js`);
    const before = pages.requests.length;
    // As text: vitest would rewrite the import of a function.
    const grown = await page.evaluate(`(async () => {
      const were = new Set(Reflect.ownKeys(globalThis));
      const { createRecommender } = await import("/nearfeed/index.js");
      createRecommender({ endpoint: location.origin, consent: "local" });
      await new Promise(requestAnimationFrame);
      const names = Reflect.ownKeys(globalThis).filter((name) => !were.has(name)).map(String);
      return [...names, ...(await indexedDB.databases()).map(({ name }) => name)];
    })()`);
    expect(grown).toEqual([]);
    expect(pages.requests.slice(before)).toEqual(["/nearfeed/index.js"]);
    expect(page.workers()).toEqual([]);
    expect(await page.evaluate("localStorage.length + document.cookie.length")).toBe(0);
  } finally {
    await browser.close();
    await pages.stop();
  }
});

/** @returns the bytes of a minified bundle of one module */
async function bundled(source: string, ...flags: string[]): Promise<number> {
  await writeFile(join(app, "part.ts"), source);
  const args = ["part.ts", "--bundle", "--minify", "--format=esm", "--outfile=part.js", "--log-level=error", ...flags];
  const { code, output } = await run("esbuild", args, { cwd: app, quiet: true });
  expect(code, output).toBe(0);
  return (await readFile(join(app, "part.js"))).length;
}

test("a bundle holds what the app uses of the package", async () => {
  const type = `import type { Entry } from "nearfeed";\nconsole.log(1 as unknown as Entry);`;
  expect(await bundled(type)).toBe("console.log(1);\n".length);
  expect(await bundled(`import "nearfeed";`)).toBe(0);
  const error = `import { NearfeedError } from "nearfeed";\nconsole.log(new NearfeedError("closed", "over"));`;
  expect(await bundled(error)).toBeLessThan(ERROR_BYTES);
  // The same where a bundler does not trust package.json: nothing in the file itself has an effect.
  expect(await bundled(error, "--ignore-annotations")).toBeLessThan(ERROR_BYTES);
  const whole = `import { createRecommender } from "nearfeed";\ncreateRecommender({ endpoint: "/" });`;
  expect(await bundled(whole)).toBeGreaterThan(5 * ERROR_BYTES);
});
