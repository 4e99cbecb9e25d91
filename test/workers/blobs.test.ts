import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_BLOB_BYTES } from "../../shared/release.ts";
import { digest, smallRelease } from "../harness/small-release.ts";
import { call, expectError, publisher, uploadBlobs } from "./edge.ts";

const small = await smallRelease();
const [[sha256, bytes]] = small.blobs;
const path = `/v1/blobs/${sha256}`;

beforeAll(async () => {
  await reset();
  await uploadBlobs(small);
});

const bodyOf = async (answer: Response): Promise<Uint8Array> => new Uint8Array(await answer.arrayBuffer());

describe("an artifact", () => {
  test("comes back as it was sent, to be cached for ever", async () => {
    const answer = await call(path);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "accept-ranges": "bytes",
      "access-control-allow-origin": "*",
      "cache-control": "public, max-age=31536000, immutable",
      "content-length": String(bytes.length),
      "content-type": "application/octet-stream",
      "x-content-type-options": "nosniff",
      etag: `"${sha256}"`,
    });
    expect(await bodyOf(answer)).toEqual(bytes);
  });

  test("is answered 304 to whoever has it", async () => {
    for (const etag of [`"${sha256}"`, `W/"${sha256}"`, `"x", "${sha256}"`, "*"]) {
      const answer = await call(path, { headers: { "If-None-Match": etag } });
      expect([answer.status, await answer.text()]).toEqual([304, ""]);
    }
    expect((await call(path, { headers: { "If-None-Match": '"x"' } })).status).toBe(200);
  });

  test("answers HEAD with its size and nothing else", async () => {
    const answer = await call(path, { method: "HEAD" });
    expect([answer.status, answer.headers.get("Content-Length")]).toEqual([200, String(bytes.length)]);
    expect((await bodyOf(answer)).length).toBe(0);
  });

  test("that was never published is unknown, whatever its name looks like", async () => {
    for (const name of ["0".repeat(64), "x", "..%2Fchannels%2Fstable.json", sha256.toUpperCase(), `${sha256}0`]) {
      expect(await expectError(await call(`/v1/blobs/${name}`), 404, "unknown_blob")).toBe("sha256");
    }
  });
});

describe("a range", () => {
  test("of any bytes is exactly these bytes", async () => {
    const size = bytes.length;
    await fc.assert(
      fc.asyncProperty(fc.nat(size - 1), fc.nat(size * 2), async (first, extra) => {
        const last = first + extra;
        const answer = await call(path, { headers: { Range: `bytes=${first}-${last}` } });
        expect(answer.status).toBe(206);
        const end = Math.min(last, size - 1);
        expect(answer.headers.get("Content-Range")).toBe(`bytes ${first}-${end}/${size}`);
        expect(await bodyOf(answer)).toEqual(bytes.slice(first, end + 1));
      }),
      { numRuns: 25 },
    );
  });

  test("without an end goes to the end, so that a download can be resumed", async () => {
    const answer = await call(path, { headers: { Range: "bytes=100-", "If-Range": `"${sha256}"` } });
    expect([answer.status, await bodyOf(answer)]).toEqual([206, bytes.slice(100)]);
  });

  test("may count from the end", async () => {
    const answer = await call(path, { headers: { Range: "bytes=-10" } });
    expect([answer.status, await bodyOf(answer)]).toEqual([206, bytes.slice(-10)]);
  });

  test("beyond the artifact is refused with its size", async () => {
    for (const range of [`bytes=${bytes.length}-`, "bytes=-0"]) {
      const answer = await call(path, { headers: { Range: range } });
      expect(answer.headers.get("Content-Range")).toBe(`bytes */${bytes.length}`);
      expect(await expectError(answer, 416, "bad_range")).toBe("Range");
    }
  });

  test("of another version, of several parts or malformed gives the whole artifact", async () => {
    const headers: Record<string, string>[] = [
      { Range: "bytes=0-1", "If-Range": '"other"' },
      { Range: "bytes=0-1,4-5" },
      { Range: "bytes=5-2" },
      { Range: "items=0-1" },
      { Range: "bytes=-" },
    ];
    for (const each of headers) {
      const answer = await call(path, { headers: each });
      expect([answer.status, (await bodyOf(answer)).length]).toEqual([200, bytes.length]);
    }
  });
});

describe("an upload", () => {
  test("of other bytes than its address says is refused and not kept", async () => {
    const tampered = bytes.slice();
    tampered[tampered.length - 1] ^= 1;
    const address = await digest(Uint8Array.of(1, 2, 3));
    const answer = await publisher(`/v1/blobs/${address}`, { method: "PUT", body: tampered });
    expect(await expectError(answer, 422, "hash_mismatch")).toBe("sha256");
    expect(await env.BUCKET.head(`blobs/${address}`)).toBeNull();
  });

  test("of other bytes to an existing address leaves the artifact as it is", async () => {
    const answer = await publisher(path, { method: "PUT", body: bytes.slice(0, -1) });
    await expectError(answer, 422, "hash_mismatch");
    expect(await bodyOf(await call(path))).toEqual(bytes);
  });

  test("says whether it was new", async () => {
    const body = Uint8Array.of(7, 7, 7);
    const address = `/v1/blobs/${await digest(body)}`;
    const [first, second] = [
      await publisher(address, { method: "PUT", body }),
      await publisher(address, { method: "PUT", body }),
    ];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(await first.json()).toMatchObject({ bytes: 3, created: true });
    expect(await second.json()).toMatchObject({ bytes: 3, created: false });
  });

  test("may be empty", async () => {
    const empty = new Uint8Array();
    const address = `/v1/blobs/${await digest(empty)}`;
    expect((await publisher(address, { method: "PUT", body: empty })).status).toBe(201);
    const answer = await call(address);
    expect([answer.status, (await bodyOf(answer)).length]).toEqual([200, 0]);
  });

  test("larger than a file may be is refused by its length, before its bytes", async () => {
    const body = new Uint8Array(MAX_BLOB_BYTES + 1);
    const answer = await publisher(`/v1/blobs/${"0".repeat(64)}`, { method: "PUT", body });
    await expectError(answer, 413, "too_large");
  });

  test("without a length is refused", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Uint8Array.of(1));
        controller.close();
      },
    });
    await expectError(await publisher(path, { method: "PUT", body }), 411, "length_required");
  });

  test("to an address that is no hash is refused", async () => {
    const answer = await publisher("/v1/blobs/nothing", { method: "PUT", body: "x" });
    expect(await expectError(answer, 400, "bad_value")).toBe("sha256");
  });
});
