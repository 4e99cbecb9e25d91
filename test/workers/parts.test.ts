import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { blobKey } from "../../edge/publish/keys.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { MEDIA_TYPES, ROUTES } from "../../shared/protocol.ts";
import { blobsOf, releaseId } from "../../shared/release.ts";
import { digest, smallRelease, text } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { call, expectError, goLive, post, publisher, uploadBlobs } from "./edge.ts";

beforeEach(reset);

const SHAPE = { items: 1_400, cells: 80, dim: 16 };
/** Whole, and the same in parts of at most 40 kB: its index in three or more, its packs in many. */
const whole = await smallRelease(SHAPE);
const parted = await smallRelease({ ...SHAPE, partBytes: 40_960 });

async function bytesOf(path: string): Promise<Uint8Array> {
  const answer = await call(path);
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

async function retrieved({ release }: SmallRelease) {
  const queries = [Array.from({ length: 16 }, (_, j) => Math.sin(j))];
  // What is to be explored is drawn by the release's id, and the two have not the same.
  const quotas = { explore: 0 };
  const body = { space: "test-space", count: 100, queries, items: ["item-3", "item-500"], quotas, catalog: true };
  const answer = await post(ROUTES.retrieve(release.id), body);
  expect(answer.headers.get("Content-Type")).toBe(MEDIA_TYPES.tensors);
  return decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
}

describe("a release whose files are stored in parts", () => {
  test("answers what the same release answers whole", async () => {
    expect(parted.release.files.index.parts!.length).toBeGreaterThan(2);
    expect(parted.release.files.pools!.parts!.length).toBeGreaterThan(5);
    await goLive(whole);
    const [expected, start] = [await retrieved(whole), await bytesOf(ROUTES.start(whole.release.id))];
    const pools = await Promise.all(
      Array.from({ length: SHAPE.cells }, (_, cell) => bytesOf(ROUTES.pool(whole.release.id, cell))),
    );
    const { blocks } = whole.release.costs!.rows;
    const rows = await Promise.all(Array.from({ length: blocks }, (_, i) => bytesOf(ROUTES.rows(whole.release.id, i))));
    await reset();
    await goLive(parted);
    expect(await retrieved(parted)).toEqual(expected);
    expect(await bytesOf(ROUTES.start(parted.release.id))).toEqual(start);
    for (const [cell, pool] of pools.entries())
      expect(await bytesOf(ROUTES.pool(parted.release.id, cell))).toEqual(pool);
    for (const [block, row] of rows.entries())
      expect(await bytesOf(ROUTES.rows(parted.release.id, block))).toEqual(row);
  });

  test("is refused while one part is absent, by the name of the file", async () => {
    const [, second] = blobsOf(parted.release.files.index);
    await uploadBlobs(parted, (sha256) => sha256 !== second!.sha256);
    const answer = await publisher(`/v1/releases/${parted.release.id}`, { method: "PUT", body: parted.json });
    expect(await expectError(answer, 409, "incomplete_release")).toBe("files.index");
  });

  test.each(["index", "catalog"] as const)(
    "is refused where the parts of its %s do not have the hash of the whole",
    async (role) => {
      const files = { ...parted.release.files, [role]: { ...parted.release.files[role], sha256: "0".repeat(64) } };
      const changed = { ...parted.release, files };
      changed.id = await releaseId(changed, { digest, text });
      await uploadBlobs(parted);
      const answer = await publisher(`/v1/releases/${changed.id}`, { method: "PUT", body: JSON.stringify(changed) });
      expect(await expectError(answer, 422, "hash_mismatch")).toBe(`files.${role}`);
    },
  );

  test("is refused where a packed file lies across two parts", async () => {
    const bytes = new Uint8Array(
      await new Blob(
        blobsOf(parted.release.files.pools!).map(({ sha256 }) => parted.blobs.get(sha256)! as Uint8Array<ArrayBuffer>),
      ).arrayBuffer(),
    );
    const cut = [bytes.subarray(0, bytes.length - 5), bytes.subarray(bytes.length - 5)];
    const parts = await Promise.all(cut.map(async (part) => ({ sha256: await digest(part), bytes: part.length })));
    const blobs = new Map(parted.blobs);
    parts.forEach(({ sha256 }, i) => blobs.set(sha256, cut[i]!));
    const pools = { ...parted.release.files.pools!, parts };
    const changed = { ...parted.release, files: { ...parted.release.files, pools } };
    changed.id = await releaseId(changed, { digest, text });
    await uploadBlobs({ ...parted, blobs });
    const answer = await publisher(`/v1/releases/${changed.id}`, { method: "PUT", body: JSON.stringify(changed) });
    expect(await expectError(answer, 422, "bad_format")).toBe("files.pools");
  });
});

describe("packs", () => {
  test.each(["pools", "rows"] as const)("of another release are refused: %s", async (role) => {
    const other = await smallRelease({ ...SHAPE, items: 1_399 });
    const files = { ...whole.release.files, [role]: other.release.files[role]! };
    const changed = { ...whole.release, files };
    changed.id = await releaseId(changed, { digest, text });
    await uploadBlobs(whole);
    await uploadBlobs(other);
    const answer = await publisher(`/v1/releases/${changed.id}`, { method: "PUT", body: JSON.stringify(changed) });
    expect(await expectError(answer, 422, "bad_format")).toMatch(new RegExp(`^files\\.${role}`));
  });

  test.each(["pools", "rows"] as const)("of another number than the release says are refused: %s", async (role) => {
    const costs = structuredClone(whole.release.costs!);
    if (role === "pools") costs.pool.cells++;
    else costs.rows.blocks++;
    const changed = { ...whole.release, costs };
    changed.id = await releaseId(changed, { digest, text });
    await uploadBlobs(whole);
    const answer = await publisher(`/v1/releases/${changed.id}`, { method: "PUT", body: JSON.stringify(changed) });
    expect(await expectError(answer, 422, "bad_format")).toBe(`files.${role}:header`);
  });

  test("are a few objects in the bucket, however many cells and blocks there are", async () => {
    await goLive(whole);
    const { objects } = await env.BUCKET.list({ prefix: blobKey("") });
    expect(objects).toHaveLength(Object.keys(whole.release.files).length);
  });
});
