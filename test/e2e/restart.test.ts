// A second start on a folder: what somebody has published there from elsewhere is theirs, and stays.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { releaseFiles } from "../../shared/release.ts";
import { startDevStack } from "../harness/dev-stack.ts";
import { fetchManifest } from "../harness/edge-release.ts";
import { smallRelease } from "../harness/small-release.ts";
import { nearfeed } from "./stack.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nearfeed-e2e-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a release that was published from elsewhere is still active after a restart", async () => {
  const state = join(folder, "state");
  await cp(join(inject("stack").state, "releases"), join(state, "releases"), { recursive: true });
  await writeFile(join(state, "publish-secret"), inject("stack").secret);
  const { release, json, blobs } = await smallRelease({ seed: 21 });
  const place = join(folder, "release");
  await mkdir(place);
  for (const { name, sha256 } of releaseFiles(release)) await writeFile(join(place, name), blobs.get(sha256)!);
  await writeFile(join(place, "release.json"), json);

  const first = await startDevStack({ state });
  await first.deepReady();
  await nearfeed(["publish", place], { url: first.url, secret: inject("stack").secret });
  await first.stop();
  const second = await startDevStack({ state });
  try {
    expect((await fetchManifest(second.url)).release.id).toBe(release.id);
    expect(second.output()).toContain(`kept the active release ${release.id}`);
  } finally {
    await second.stop();
  }
});
