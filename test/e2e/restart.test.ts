// Stopping and starting again on a folder: nothing is left running, and what somebody published there from elsewhere stays.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { releaseFiles } from "../../shared/release.ts";
import { startDevStack } from "../harness/dev-stack.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { smallRelease } from "../harness/small-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-e2e-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("ctrl-C in a terminal, which reaches every process of the command, leaves none of them running", async () => {
  const state = join(folder, "interrupted");
  await cp(join(inject("kept").state, "releases"), join(state, "releases"), { recursive: true });
  const stack = await startDevStack({ state });
  const processes = await stack.interrupt();
  // The command, its edge and the Worker's runtime at least.
  expect(processes.length).toBeGreaterThanOrEqual(3);
  await expect.poll(() => processes.filter(isRunning), { timeout: 10_000 }).toEqual([]);
});

test("a release that was published from elsewhere is still active after a restart", async () => {
  const state = join(folder, "state");
  await cp(join(inject("kept").state, "releases"), join(state, "releases"), { recursive: true });
  await writeFile(join(state, "publish-secret"), inject("kept").secret);
  const { release, json, blobs } = await smallRelease({ seed: 21 });
  const place = join(folder, "release");
  await mkdir(place);
  for (const { name, sha256 } of releaseFiles(release)) await writeFile(join(place, name), blobs.get(sha256)!);
  await writeFile(join(place, "release.json"), json);

  const first = await startDevStack({ state });
  await first.deepReady();
  await nearfeed(["publish", place], { url: first.url, secret: inject("kept").secret });
  await first.stop();
  const second = await startDevStack({ state });
  try {
    expect((await fetchManifest(second.url)).release.id).toBe(release.id);
    expect(second.output()).toContain(`kept the active release ${release.id}`);
  } finally {
    await second.stop();
  }
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
