// The installed package in apps built by other people's bundlers: each must score through ORT in the browser.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { launchChromium } from "../harness/demo-page.ts";
import { freePort, ROOT } from "../harness/dev-stack.ts";
import { serveFolder } from "./file-server.ts";
import { expectLoop, openHost } from "./host-page.ts";

const app = inject("app");
const edge = inject("edge");
const NEARFEED = join(app, "node_modules/nearfeed");
const BUNDLER_ENV = { NODE_ENV: "production", VITEST: undefined };
/** What the worker is made of, on the way to the deep floor. */
const WORKER_FILES = ["worker.js", "ort.js", "ort-wasm-simd-threaded.wasm"];
const READY_LIMIT_MS = 30_000;

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** Serves a folder and walks through the loop on its page. @returns the paths that the browser asked for */
async function deepLoop(folder: string, options: Record<string, string> = {}): Promise<string[]> {
  const server = await serveFolder(folder);
  try {
    await deepLoopAt(server.origin, options);
    return server.requests;
  } finally {
    await server.stop();
  }
}

async function deepLoopAt(origin: string, options: Record<string, string> = {}): Promise<void> {
  const host = await openHost(browser, `${origin}/?${new URLSearchParams({ endpoint: edge, ...options })}`);
  try {
    await host.reach("deep");
    await expectLoop(host, "deep");
    expect(await host.errors()).toEqual([]);
    expect([...host.complaints, ...host.thrown]).toEqual([]);
  } finally {
    await host.close();
  }
}

async function bundle(command: string, args: string[]): Promise<void> {
  const { code, output } = await run(command, args, { cwd: app, env: BUNDLER_ENV, quiet: true });
  expect(code, output).toBe(0);
}

const esbuild = (outfile: string, ...more: string[]) =>
  bundle("esbuild", ["main.js", "--bundle", "--minify", `--outfile=${outfile}`, ...more]);

test("vite build takes the worker, the runtime and the wasm along by itself", async () => {
  await bundle("vite", ["build", "--outDir", "by-vite", "--logLevel", "warn"]);
  const requests = await deepLoop(join(app, "by-vite"));
  const loaded = requests.map((path) => path.replace(/-[\w-]{8}\./, "."));
  for (const name of WORKER_FILES) expect(loaded).toContain(`/assets/${name}`);
  const scripts = (await readdir(join(app, "by-vite/assets"))).filter((name) => name.endsWith(".js"));
  for (const name of scripts) {
    expect(await readFile(join(app, "by-vite/assets", name), "utf8"), name).not.toContain("data:application/wasm");
  }
});

test("vite dev serves the package without any setting", async () => {
  const port = await freePort();
  const args = [
    join(ROOT, "node_modules/vite/bin/vite.js"),
    "--port",
    `${port}`,
    "--strictPort",
    "--host",
    "127.0.0.1",
  ];
  const env = { ...process.env, NODE_ENV: "development", VITEST: undefined };
  const server = spawn(process.execPath, args, { cwd: app, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`vite dev is not ready:\n${said}`)), READY_LIMIT_MS);
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (!said.includes("ready in")) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
  try {
    await ready;
    await deepLoopAt(`http://127.0.0.1:${port}`);
  } finally {
    const ended = once(server, "exit");
    server.kill();
    await ended;
  }
});

test("an esbuild bundle finds the files that were copied beside it", async () => {
  const folder = join(app, "by-esbuild");
  await esbuild("by-esbuild/main.js", "--format=esm");
  await copyFile(join(app, "index.html"), join(folder, "index.html"));
  for (const name of WORKER_FILES) {
    await copyFile(join(NEARFEED, "dist/browser", name), join(folder, name));
  }
  await deepLoop(folder);
});

test("an esbuild bundle of a classic script is told by the option assets where the files lie", async () => {
  const folder = join(app, "by-esbuild-iife");
  await esbuild("by-esbuild-iife/main.js", "--format=iife", "--log-override:empty-import-meta=silent");
  await copyFile(join(app, "index.html"), join(folder, "index.html"));
  await cp(join(NEARFEED, "dist/browser"), join(folder, "vendor/nearfeed"), { recursive: true });
  await deepLoop(folder, { assets: "/vendor/nearfeed" });
});

test("an esbuild bundle needs no copied file where the edge serves the SDK", async () => {
  const folder = join(app, "by-esbuild-edge");
  await esbuild("by-esbuild-edge/main.js", "--format=esm");
  await copyFile(join(app, "index.html"), join(folder, "index.html"));
  const { version } = JSON.parse(await readFile(join(NEARFEED, "package.json"), "utf8")) as { version: string };
  const requests = await deepLoop(folder, { assets: `${edge}/sdk/${version}/` });
  expect(requests).toEqual(["/index.html", "/main.js"]);
});

test("a bundle whose files were left behind says which, and the page goes on without lists", async () => {
  const folder = join(app, "by-esbuild-bare");
  await esbuild("by-esbuild-bare/main.js", "--format=esm");
  await copyFile(join(app, "index.html"), join(folder, "index.html"));
  const server = await serveFolder(folder);
  const host = await openHost(browser, `${server.origin}/?endpoint=${edge}`);
  await host.page.waitForSelector('html[data-status="failed"]', { state: "attached" });
  const error = await host.page.evaluate("({ ...host.feed.getSnapshot().error })");
  expect(error).toMatchObject({ code: "worker", hint: expect.stringContaining(`${server.origin}/worker.js`) });
  expect(error).toMatchObject({ hint: expect.stringContaining("assets") });
  await host.close();
  await server.stop();
});
