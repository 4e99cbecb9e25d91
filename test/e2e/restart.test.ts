// Stopping and starting again on a folder: nothing is left running, and what somebody published there from elsewhere stays.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Release, releaseFiles, releaseId } from "../../shared/release.ts";
import { listReleaseFolders } from "../../trainer/release/release-folder.ts";
import { startDevStack } from "../harness/dev-stack.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { digest, smallRelease, text } from "../harness/small-release.ts";
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

test("a release that the gate has refused is not what a restart serves, though it is the newest, unless it was activated all the same", async () => {
  const state = join(folder, "refused");
  await cp(join(inject("kept").state, "releases"), join(state, "releases"), { recursive: true });
  await writeFile(join(state, "publish-secret"), inject("kept").secret);
  const { found } = await listReleaseFolders(join(state, "releases"));
  const [newest] = found;
  const refused = await writeRefused(newest!, join(state, "releases", "refused"));

  const first = await startDevStack({ state });
  await first.deepReady();
  expect((await fetchManifest(first.url)).release.id).toBe(newest!.release.id);
  await nearfeed(["publish", join(state, "releases", "refused")], { url: first.url, secret: inject("kept").secret });
  await first.stop();
  const second = await startDevStack({ state });
  try {
    expect((await fetchManifest(second.url)).release.id).toBe(refused);
    expect(second.output()).toContain(`kept the active release ${refused}, which was activated although`);
  } finally {
    await second.stop();
  }
});

/** The same release once more, as `retrain` leaves one that is worse. @returns its id */
async function writeRefused(of: { folder: string; release: Release }, place: string): Promise<string> {
  await cp(of.folder, place, { recursive: true });
  const figure = { mean: 0.1, low: 0.09, high: 0.11 };
  const standing = { floor: "linear", figure, unknown: 0 };
  const difference = { mean: -0.1, low: -0.11, high: -0.09 };
  const about = { metric: "NDCG@10", people: 20, targets: 40, passed: false };
  const verdict = { ...about, challenger: standing, incumbent: standing, difference };
  const metrics = { ...of.release.metrics, retrain: { data: "d", recipe: "r", verdict } };
  const draft = { ...of.release, createdAt: of.release.createdAt + 1, metrics };
  const id = await releaseId(draft, { digest, text });
  await writeFile(join(place, "release.json"), JSON.stringify({ ...draft, id }));
  return id;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
