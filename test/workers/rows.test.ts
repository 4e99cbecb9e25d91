import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { blobKey } from "../../edge/publish/keys.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { BLOCK_ITEMS, blockOf } from "../../shared/row-blocks.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import { call, expectError, goLive } from "./edge.ts";

const small = await smallRelease({ items: 1_000 });
const { columns, release, ids, neighbours } = small;
const { blocks } = release.costs!.rows;

beforeAll(async () => {
  await reset();
  await goLive(small);
});

async function rows(block: number) {
  const answer = await call(ROUTES.rows(release.id, block));
  expect(answer.status).toBe(200);
  return { answer, file: decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text) };
}

describe("a row block", () => {
  test("has the items of its hash, and all blocks together every item once", async () => {
    expect(blocks).toBeGreaterThan(3);
    const found: string[] = [];
    for (let block = 0; block < blocks; block++) {
      const { file } = await rows(block);
      expect(file.ids.length).toBeLessThanOrEqual(BLOCK_ITEMS);
      for (const id of file.ids) expect(blockOf(id, blocks)).toBe(block);
      found.push(...file.ids);
    }
    expect(found.sort()).toEqual([...ids].sort());
  });

  test("has the vectors and the neighbours of its items, and no display data", async () => {
    const { file } = await rows(1);
    const found = file.neighbours!;
    const { perItem } = neighbours;
    file.ids.forEach((id, at) => {
      const row = ids.indexOf(id);
      expect(file.row[at]).toBe(row);
      expect(dequantize(file.columns, at)).toEqual(dequantize(columns, row));
      const named = Array.from({ length: perItem }, (_, k) => at * perItem + k)
        .filter((slot) => found.weight[slot]! > 0)
        .map((slot) => [found.ids[found.neighbour[slot]!], found.weight[slot]]);
      const expected = Array.from({ length: perItem }, (_, k) => row * perItem + k)
        .filter((slot) => neighbours.weight[slot]! > 0)
        .map((slot) => [ids[neighbours.neighbour[slot]!], neighbours.weight[slot]]);
      expect(named).toEqual(expected);
    });
    expect(file.catalog).toBeUndefined();
  });

  test("is for every cache and for ever: its address names it, and who has it is told so", async () => {
    const { answer } = await rows(0);
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    const etag = answer.headers.get("ETag")!;
    expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("ETag");
    const again = await call(ROUTES.rows(release.id, 0), { headers: { "If-None-Match": etag } });
    expect([again.status, again.body, again.headers.get("ETag")]).toEqual([304, null, etag]);
    const other = await call(ROUTES.rows(release.id, 1), { headers: { "If-None-Match": etag } });
    expect(other.status).toBe(200);
    expect(other.headers.get("ETag")).not.toBe(etag);
  });

  test("says its length to HEAD without a body", async () => {
    const whole = await (await call(ROUTES.rows(release.id, 0))).arrayBuffer();
    const head = await call(ROUTES.rows(release.id, 0), { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(whole.byteLength)]);
    expect((await head.arrayBuffer()).byteLength).toBe(0);
  });
});

describe("what is refused", () => {
  test.each([String(blocks), "-1", "01", "1.5", "x", "99999999999999999999"])("a block of %j", async (block) => {
    const answer = await call(`/v1/${release.id}/rows/${block}`);
    expect(await expectError(answer, 404, "unknown_block")).toBe("block");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
  });

  test("a query, another method and a release that is not served", async () => {
    expect(await expectError(await call(`${ROUTES.rows(release.id, 0)}?who=me`), 400, "unknown_query")).toBe("?who");
    const post = await call(ROUTES.rows(release.id, 0), { method: "POST", body: "{}" });
    await expectError(post, 405, "method_not_allowed");
    await expectError(await call(ROUTES.rows("0".repeat(32), 0)), 404, "unknown_release");
  });
});

describe("an edge whose bucket has lost something", () => {
  test("answers pools and rows where the index is gone, because it needs none for them", async () => {
    await reset();
    await goLive(small);
    await env.BUCKET.delete(blobKey(release.files.index.sha256));
    expect((await call(ROUTES.pool(release.id, 1))).status).toBe(200);
    await rows(2);
  });

  test("says that a pack is damaged, not that the request is wrong", async () => {
    await reset();
    // One whose head no answer has read before.
    const other = await smallRelease({ items: 1_000, createdAt: 7 });
    await goLive(other);
    const key = blobKey(other.release.files.rows!.sha256);
    const bytes = new Uint8Array(await (await env.BUCKET.get(key))!.arrayBuffer());
    bytes[20]! ^= 1;
    await env.BUCKET.put(key, bytes);
    await expectError(await call(ROUTES.rows(other.release.id, 3)), 503, "bad_release");
  });

  test("says so where the blocks are gone", async () => {
    await reset();
    await goLive(small);
    await env.BUCKET.delete(blobKey(release.files.rows!.sha256));
    expect(await expectError(await call(ROUTES.rows(release.id, 3)), 503, "bad_release")).toBe("files.rows");
  });
});

describe("a release without packs", () => {
  test("is served, and has neither cells nor blocks to fetch", async () => {
    await reset();
    const before = await smallRelease({ packs: false, createdAt: 5 });
    await goLive(before);
    expect((await call(ROUTES.start(before.release.id))).status).toBe(200);
    await expectError(await call(ROUTES.pool(before.release.id, 0)), 404, "unknown_cell");
    await expectError(await call(ROUTES.rows(before.release.id, 0)), 404, "unknown_block");
  });
});
