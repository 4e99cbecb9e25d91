import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildSdk } from "../../../scripts/build-browser.ts";

const SOURCES = {
  "shared/double.ts": "export const double = (x: number): number => 2 * x;",
  "client-sdk/urls.ts": `export const urls = {
    worker: new URL("./worker.ts", import.meta.url),
    ort: new URL("./ort.ts", import.meta.url),
    ed25519: new URL("./ed25519.ts", import.meta.url),
    kernel: new URL("../kernel/kernel.wasm", import.meta.url),
  };`,
  "client-sdk/index.ts": `import { double } from "../shared/double.ts";
    import { urls } from "./urls.ts";
    export const load = (url: string): Promise<unknown> => import(/* @vite-ignore */ url);
    export const create = (): [number, Worker, object] => [double(2), new Worker(urls.worker, { type: "module" }), urls];`,
  "client-sdk/worker.ts": `import { double } from "../shared/double.ts"; postMessage([double(3), SCORES_KERNEL]);`,
  "client-sdk/ort.ts": "export const session = 1;",
  "client-sdk/ed25519.ts": "export const verify = 1;",
  "client-sdk/react.ts": `import { useState } from "react";
    import { create } from "./index.ts";
    export const useCreated = (): unknown => useState(create);`,
  "client-sdk/devtools/index.ts": `import { double } from "../../shared/double.ts";
    export const mount = (): number => double(4);`,
  "kernel/kernel.wasm": "not really wasm",
};

/** Any text: what it says is not looked at before it runs. */
const KERNEL = "AGFzbQEAAAA=";

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nearfeed-build-"));
  for (const [path, text] of Object.entries(SOURCES)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await buildSdk(root, KERNEL);
});

afterAll(() => rm(root, { recursive: true, force: true }));

test("every file stands alone: no file imports another", async () => {
  expect((await readdir(join(root, "dist/browser"))).sort()).toEqual([
    "devtools.js",
    "ed25519.js",
    "index.js",
    "kernel.wasm",
    "ort.js",
    "react.js",
    "worker.js",
  ]);
  for (const name of ["index.js", "worker.js", "ort.js", "ed25519.js"]) {
    expect(await readFile(join(root, "dist/browser", name), "utf8"), name).not.toMatch(
      /\bimport\s*(["'`{]|\((?!\/\*))|\bfrom\s*["'`]/,
    );
  }
});

test("the worker carries the scores kernel, and no other file does", async () => {
  for (const name of ["index.js", "ort.js", "ed25519.js", "react.js", "devtools.js", "worker.js"]) {
    const text = await readFile(join(root, "dist/browser", name), "utf8");
    expect(text.includes(KERNEL), name).toBe(name === "worker.js");
  }
});

test("the entry for React takes React and the SDK from where the app has them, and is marked as the page's", async () => {
  const react = await readFile(join(root, "dist/browser/react.js"), "utf8");
  expect(react.startsWith('"use client";')).toBe(true);
  expect([...react.matchAll(/\bfrom\s*["'`]([^"'`]+)/g)].map((match) => match[1]).sort()).toEqual([
    "./index.js",
    "react",
  ]);
  expect(react).not.toContain("worker.js");
});

test("the entry names the worker, the runtime and the wasm in a form that other bundlers recognise", async () => {
  const entry = await readFile(join(root, "dist/browser/index.js"), "utf8");
  const named = [...entry.matchAll(/new URL\(["'`]([^"'`]+)["'`],import\.meta\.url\)/g)].map((match) => match[1]);
  expect(named.sort()).toEqual(["./ed25519.js", "./kernel.wasm", "./ort.js", "./worker.js"]);
  expect(entry).toContain("export{");
  expect(entry).not.toContain("data:");
});

test("an import of an address that only the page knows is left alone by other bundlers", async () => {
  const entry = await readFile(join(root, "dist/browser/index.js"), "utf8");
  expect(entry).toMatch(/\bimport\(\/\* @vite-ignore \*\/ \/\* webpackIgnore: true \*\/ \w+\)/);
});

test("a URL that names no entry fails the build instead of breaking in the browser", async () => {
  const urls = join(root, "client-sdk/urls.ts");
  await writeFile(urls, `export const urls = { worker: new URL("./wroker.ts", import.meta.url) };`);
  await expect(buildSdk(root, KERNEL)).rejects.toThrow("./wroker.ts");
  await writeFile(urls, SOURCES["client-sdk/urls.ts"]);
});
