/**
 * Starts the whole stack once, on an empty folder. The first start trains everything, with a page open, and its times are
 * what `start.test.ts` asserts. What it made is kept under node_modules/.cache by a hash of the sources that made it, with
 * its times, so that only a change of those sources trains again. The tests start on copies of it.
 */
import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { parseRelease } from "../../shared/release.ts";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { ROOT, startDevStack } from "../harness/dev-stack.ts";
import { LIMITS, type KeptStart, type Timings } from "./kept-start.ts";

/** What decides which releases a start makes. */
const SOURCES = ["trainer", "shared", "kernel", "package-lock.json", "wrangler.toml"];
const CACHE = join(ROOT, "node_modules/.cache/nearfeed-e2e");

type FirstTimings = Omit<Timings, "secondReadyMs">;

let copy: string | undefined;

export async function setup(project: TestProject): Promise<void> {
  const kept = join(CACHE, await hashOfSources());
  const timings = (await readTimings(kept)) ?? (await firstStart(kept));
  const state = await mkdtemp(join(tmpdir(), "nearfeed-e2e-"));
  copy = state;
  await cp(join(kept, "state"), state, { recursive: true });
  // Too slow a start fails its test, and is measured again the next time: perhaps the machine was busy.
  if (!isWithinLimits(timings)) await rm(kept, { recursive: true });
  const second = await startDevStack({ state });
  await second.stop();
  project.provide("kept", {
    state,
    secret: (await readFile(join(state, "publish-secret"), "utf8")).trim(),
    releases: await releasesIn(join(state, "releases")),
    timings: { ...timings, secondReadyMs: second.readyMs },
  });
}

export async function teardown(): Promise<void> {
  if (copy) await rm(copy, { recursive: true, force: true });
}

/** A start on an empty folder, with a page that is opened as soon as it can be and stays open. */
async function firstStart(kept: string): Promise<FirstTimings> {
  await rm(CACHE, { recursive: true, force: true });
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(`${kept}.`);
  const startedAt = performance.now();
  const stack = await startDevStack({ state: join(draft, "state") });
  const browser = await launchChromium();
  try {
    const openedAt = performance.now();
    const demo = await openDemo(browser, stack.url);
    await demo.reach("linear");
    const usableMs = performance.now() - openedAt;
    const [deepMs, swapMs] = await Promise.all([
      stack.deepReady(),
      demo.reach("deep").then(() => performance.now() - startedAt),
    ]);
    await browser.close();
    await stack.stop();
    const timings = { readyMs: stack.readyMs, usableMs, deepMs, swapMs };
    await writeFile(join(draft, "timings.json"), JSON.stringify(timings));
    await rename(draft, kept);
    return timings;
  } finally {
    await browser.close();
    await stack.stop();
    await rm(draft, { recursive: true, force: true });
  }
}

function isWithinLimits({ readyMs, usableMs, swapMs }: FirstTimings): boolean {
  return readyMs + usableMs <= LIMITS.usableMs && swapMs <= LIMITS.swapMs;
}

async function readTimings(kept: string): Promise<FirstTimings | undefined> {
  const text = await readFile(join(kept, "timings.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as FirstTimings);
}

/** The release without models and the one with them. */
async function releasesIn(folder: string): Promise<KeptStart["releases"]> {
  const found = { linear: "", deep: "" };
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name, "release.json"), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const { id, heads } = parseRelease(JSON.parse(text));
    found[heads ? "deep" : "linear"] = id;
  }
  if (!found.linear || !found.deep) throw new Error(`${folder} lacks a linear or a deep release.`);
  return found;
}

/** Kernels are built where they are first asked for. */
function isSource(file: Dirent): boolean {
  return file.isFile() && !file.name.endsWith(".wasm");
}

async function hashOfSources(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    const names = await readdir(join(ROOT, source), { recursive: true, withFileTypes: true }).catch(() => undefined);
    const paths = names?.filter(isSource).map((each) => join(each.parentPath, each.name)) ?? [join(ROOT, source)];
    for (const path of paths.sort()) hash.update(path.slice(ROOT.length)).update(await readFile(path));
  }
  return hash.digest("hex").slice(0, 16);
}
