import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";
import { releaseFiles } from "../../../../shared/release.ts";
import type { EdgeClient } from "../../../../trainer/publish/edge-client.ts";
import { uploadRelease } from "../../../../trainer/publish/publish-release.ts";
import { smallRelease } from "../../../harness/small-release.ts";

const folder = mkdtempSync(join(tmpdir(), "nearfeed-publish-"));
afterAll(() => rmSync(folder, { recursive: true }));

const { release, json, blobs } = await smallRelease();
for (const { name, sha256 } of releaseFiles(release)) writeFileSync(join(folder, name), blobs.get(sha256)!);
writeFileSync(join(folder, "release.json"), json);

/** An edge that has all files, and loses one of them before the release comes, `losses` times. */
function losing(losses: number) {
  const held = new Set(blobs.keys());
  const put: string[] = [];
  const client: Pick<EdgeClient, "hasBlob" | "putBlob" | "putRelease" | "putVectors"> = {
    hasBlob: async ({ sha256 }) => held.has(sha256),
    async putBlob({ sha256 }) {
      put.push(sha256);
      held.add(sha256);
    },
    putVectors: async () => ({ items: release.items, next: null, ready: true }),
    async putRelease() {
      if (losses-- <= 0) return;
      held.delete(release.files.index.sha256);
      const cause = new NearfeedError("incomplete_release", "the index is gone");
      throw new NearfeedError("edge_failed", "The edge refused", { cause });
    },
  };
  return { client: client as EdgeClient, put };
}

test("a file that went while the release was on its way is sent after all", async () => {
  const { client, put } = losing(1);
  expect(await uploadRelease(client, folder)).toMatchObject({ sentBytes: release.files.index.bytes });
  expect(put).toEqual([release.files.index.sha256]);
});

test("an edge that loses it again is told no third time", async () => {
  const { client, put } = losing(9);
  await expect(uploadRelease(client, folder)).rejects.toMatchObject({ code: "edge_failed" });
  expect(put).toHaveLength(1);
});
