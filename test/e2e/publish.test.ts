// A release lands whole or not at all: a publish that is killed, and a model that was changed on the way.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../../shared/protocol.ts";
import { releaseFiles } from "../../shared/release.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { startRecordingProxy, type RecordedRequest } from "../harness/recording-proxy.ts";
import { digest, smallRelease } from "../harness/small-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";
import { activate, stack } from "./stack.ts";

/** An open page looks for a new release every 15 s. */
const POLL_LIMIT_MS = 45_000;

let folder: string;
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-e2e-"));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const isBlob = ({ method, path }: RecordedRequest) => method === "PUT" && path.startsWith("/v1/blobs/");
const isRelease = ({ method, path }: RecordedRequest) => method === "PUT" && path.startsWith("/v1/releases/");
const isChannel = ({ method }: RecordedRequest) => method === "POST";

test.each([
  {
    moment: "in the middle of its files",
    seed: 11,
    isLast: (all: number, each: RecordedRequest) => isBlob(each) && all === 3,
    stored: false,
  },
  {
    moment: "before its description",
    seed: 12,
    isLast: (_: number, each: RecordedRequest) => isRelease(each),
    stored: false,
  },
  {
    moment: "before the channel is flipped",
    seed: 13,
    isLast: (_: number, each: RecordedRequest) => isChannel(each),
    stored: true,
  },
])("a publish killed $moment leaves the active release as it was", async ({ seed, isLast, stored }) => {
  const before = await fetchManifest(stack.url);
  const { release, json, blobs } = await smallRelease({ seed });
  const place = join(folder, String(seed));
  await writeRelease(place, json, releaseFiles(release), blobs);
  const publishing: { process?: ChildProcess } = {};
  let count = 0;
  const proxy = await startRecordingProxy(stack.url, {
    before(request) {
      if (isBlob(request)) count++;
      if (!isLast(count, request)) return true;
      publishing.process!.kill("SIGKILL");
      return false;
    },
  });
  const env = { ...process.env, NEARFEED_EDGE: proxy.url, NEARFEED_SECRET: stack.secret };
  const child = (publishing.process = spawn(process.execPath, [join(ROOT, "bin/nearfeed.js"), "publish", place], {
    env,
    stdio: "ignore",
  }));
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  await proxy.close();

  expect(await fetchManifest(stack.url)).toEqual(before);
  expect((await fetch(stack.url + ROUTES.start(before.release.id))).status).toBe(200);
  // What is half there is nothing to activate, and publishing again completes it.
  if (!stored)
    await expect(nearfeed(["activate", release.id], stack)).rejects.toThrow(/unknown_release|incomplete_release/);
  await nearfeed(["publish", place, "--no-activate"], stack);
  expect((await fetchManifest(stack.url)).channel).toEqual(before.channel);
});

test("a model that was changed in the bucket is refused, the old release goes on, and the next visit takes the repaired one", async () => {
  await activate(stack.releases.deep);
  const { ranker } = (await fetchManifest(stack.url)).release.files;
  await activate(stack.releases.linear);
  const demo = await openDemo(browser, stack.url);
  await demo.reach("linear");
  const path = await blobFile(ranker!.sha256);
  const whole = await readFile(path);
  const changed = Buffer.from(whole);
  changed[changed.length >> 1]! ^= 1;
  try {
    await writeFile(path, changed);
    await activate(stack.releases.deep);
    await demo.page.waitForSelector('#notice[data-code="bad_release"]', { timeout: POLL_LIMIT_MS });
    expect(await demo.release()).toBe(stack.releases.linear);
    expect(await demo.page.getAttribute("html", "data-floor")).toBe("linear");
    const before = await demo.queue();
    await demo.press("like");
    expect(await demo.queue()).not.toEqual(before);
    await demo.page.reload();
    await demo.page.waitForSelector('#notice[data-code="bad_release"]', { timeout: POLL_LIMIT_MS });
    expect(await demo.release()).toBe(stack.releases.linear);
  } finally {
    await writeFile(path, whole);
  }
  // A page does not ask again for what it has refused; the next visit does.
  await demo.page.reload();
  await demo.page.waitForSelector(`html[data-release="${stack.releases.deep}"][data-floor="deep"]`);
  await demo.close();
});

async function writeRelease(
  path: string,
  json: string,
  files: { name: string; sha256: string }[],
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  await mkdir(path);
  for (const { name, sha256 } of files) await writeFile(join(path, name), blobs.get(sha256)!);
  await writeFile(join(path, "release.json"), json);
}

/** The file in which the local bucket keeps a blob: the one with its content. */
async function blobFile(sha256: string): Promise<string> {
  const blobs = join(stack.state, "edge/v3/r2/nearfeed/blobs");
  for (const name of await readdir(blobs)) {
    const path = join(blobs, name);
    if ((await digest(await readFile(path))) === sha256) return path;
  }
  throw new Error(`No file of the bucket has the hash ${sha256}.`);
}
