import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createDownloads } from "../../../client-sdk/sync/download.ts";
import { createSend } from "../../../client-sdk/sync/http.ts";
import { parseRange } from "../../../edge/http/range.ts";
import { errorBody, NearfeedError } from "../../../shared/errors.ts";
import type { ReleaseFile } from "../../../shared/release.ts";
import { digest } from "../../harness/small-release.ts";

/** A server that loses connections: real sockets, and the edge's own reading of ranges. */
interface Losing {
  readonly url: string;
  readonly ranges: (string | undefined)[];
  /** After how many bytes the next connections are lost. */
  readonly cuts: number[];
  bytes: Uint8Array;
  /** By hash, in place of `bytes`. */
  readonly blobs: Map<string, Uint8Array>;
  understands: boolean;
}

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server) await once(server, "close");
  server = undefined;
});

async function losing(bytes: Uint8Array): Promise<Losing> {
  server = createServer((request, response) => answer(edge, request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const edge: Losing = { url, ranges: [], cuts: [], bytes, blobs: new Map(), understands: true };
  return edge;
}

function answer(edge: Losing, request: IncomingMessage, response: ServerResponse): void {
  const asked = request.headers.range;
  edge.ranges.push(asked);
  const bytes = edge.blobs.get(request.url!.split("/").pop()!) ?? edge.bytes;
  const range = parseRange(edge.understands && asked !== undefined ? asked : null, bytes.length);
  if (range === "unsatisfiable") {
    response.writeHead(416).end(JSON.stringify(errorBody(new NearfeedError("bad_range", "no such bytes"))));
    return;
  }
  const { offset, length } = range ?? { offset: 0, length: bytes.length };
  response.writeHead(range ? 206 : 200, { "Content-Length": length });
  const rest = bytes.subarray(offset, offset + length);
  const cut = edge.cuts.shift();
  if (cut === undefined) return void response.end(rest);
  response.write(rest.subarray(0, cut), () => setImmediate(() => response.destroy()));
}

async function fileOf(bytes: Uint8Array): Promise<ReleaseFile> {
  return { name: "x.bin", sha256: await digest(bytes), bytes: bytes.length, type: "application/octet-stream" };
}

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761) >>> 24);
}

const whole = noise(300_000);
const file = await fileOf(whole);
const options = (edge: Losing) => ({ endpoint: edge.url, send: createSend(), store: undefined });

test("a download that breaks off goes on from the byte where it broke", async () => {
  const edge = await losing(whole);
  edge.cuts.push(100_000, 50_000);
  expect(await createDownloads().file(file, options(edge))).toEqual(whole);
  expect(edge.ranges).toEqual([undefined, "bytes=100000-", "bytes=150000-"]);
});

test("wherever and however often it breaks, the same bytes come out, at the latest with the next try", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 8 }), async (cuts) => {
      const edge = await losing(whole);
      edge.cuts.push(...cuts);
      const downloads = createDownloads();
      let bytes: Uint8Array | undefined;
      while (bytes === undefined) {
        bytes = await downloads.file(file, options(edge)).catch((error: NearfeedError) => {
          expect(error.code).toBe("offline");
          return undefined;
        });
      }
      expect(Buffer.compare(bytes, whole)).toBe(0);
      expect(edge.ranges.length).toBeLessThanOrEqual(cuts.length + 1);
      server!.closeAllConnections();
      server!.close();
    }),
    { numRuns: 30 },
  );
});

test("a line that brings nothing is left alone until the next try, which goes on from what came", async () => {
  const edge = await losing(whole);
  edge.cuts.push(100_000, 0);
  const downloads = createDownloads();
  await expect(downloads.file(file, options(edge))).rejects.toMatchObject({ code: "offline" });
  expect(edge.ranges).toEqual([undefined, "bytes=100000-"]);
  expect(await downloads.file(file, options(edge))).toEqual(whole);
  expect(edge.ranges.at(-1)).toBe("bytes=100000-");
});

test("a server that knows no ranges sends the whole file, and it comes out right", async () => {
  const edge = await losing(whole);
  edge.understands = false;
  edge.cuts.push(100_000);
  expect(await createDownloads().file(file, options(edge))).toEqual(whole);
  expect(edge.ranges).toEqual([undefined, "bytes=100000-"]);
});

test("pieces that do not fit together are fetched again as a whole, once", async () => {
  const edge = await losing(whole.map((byte) => byte ^ 1));
  edge.cuts.push(100_000, 0);
  const downloads = createDownloads();
  await expect(downloads.file(file, options(edge))).rejects.toMatchObject({ code: "offline" });
  edge.bytes = whole;
  expect(await downloads.file(file, options(edge))).toEqual(whole);
  expect(edge.ranges.slice(2)).toEqual(["bytes=100000-", undefined]);
});

test("a file that is damaged at the edge is fetched once, and refused", async () => {
  const edge = await losing(whole.map((byte, i) => (i === 7 ? byte ^ 1 : byte)));
  await expect(createDownloads().file(file, options(edge))).rejects.toMatchObject({
    code: "bad_release",
    path: "files.x.bin",
  });
  expect(edge.ranges).toEqual([undefined]);
});

test.each([
  ["longer", noise(300_001)],
  ["shorter", whole.subarray(0, 299_999)],
  ["much longer", noise(3_000_000)],
])("one that is %s is refused by its size", async (_, bytes) => {
  const edge = await losing(bytes);
  await expect(createDownloads().file(file, options(edge))).rejects.toMatchObject({
    code: "bad_release",
    message: expect.stringMatching(/got \d+ bytes, expected 300000/) as string,
  });
  expect(edge.ranges).toEqual([undefined]);
});

test("where the edge has fewer bytes than have come, the file is fetched again as a whole", async () => {
  const edge = await losing(whole);
  edge.cuts.push(100_000, 0);
  const downloads = createDownloads();
  await expect(downloads.file(file, options(edge))).rejects.toMatchObject({ code: "offline" });
  edge.bytes = whole.subarray(0, 50_000);
  await expect(downloads.file(file, options(edge))).rejects.toMatchObject({ code: "bad_release" });
  expect(edge.ranges.slice(2)).toEqual(["bytes=100000-", undefined]);
});

test("what the edge objects to is said in its own words", async () => {
  const edge = await losing(whole);
  server!.removeAllListeners("request");
  server!.on("request", (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(404).end(JSON.stringify(errorBody(new NearfeedError("unknown_blob", "no such artifact"))));
  });
  await expect(createDownloads().file(file, options(edge))).rejects.toMatchObject({ code: "unknown_blob" });
});

describe("a file in parts", () => {
  const CUTS = [0, 120_000, 121_000, 300_000];

  async function parted(edge: Losing): Promise<ReleaseFile> {
    const parts = CUTS.slice(1).map((to, i) => whole.subarray(CUTS[i], to));
    const described = await Promise.all(parts.map(fileOf));
    described.forEach(({ sha256 }, i) => edge.blobs.set(sha256, parts[i]!));
    return { ...file, parts: described.map(({ sha256, bytes }) => ({ sha256, bytes })) };
  }

  test("is put together from them, in order", async () => {
    const edge = await losing(new Uint8Array(0));
    expect(await createDownloads().file(await parted(edge), options(edge))).toEqual(whole);
    expect(edge.ranges).toEqual([undefined, undefined, undefined]);
  });

  test("goes on in the part in which it broke", async () => {
    const edge = await losing(new Uint8Array(0));
    edge.cuts.push(120_000, 400, 600, 100_000);
    expect(await createDownloads().file(await parted(edge), options(edge))).toEqual(whole);
    expect(edge.ranges).toEqual([undefined, undefined, "bytes=400-", undefined, "bytes=100000-"]);
  });

  test("comes out right from a server that knows no ranges, which sends a whole part again", async () => {
    const edge = await losing(new Uint8Array(0));
    edge.understands = false;
    edge.cuts.push(120_000, 400);
    expect(await createDownloads().file(await parted(edge), options(edge))).toEqual(whole);
  });

  test.each([
    ["longer", noise(1_001)],
    ["shorter", noise(999)],
    ["of other bytes", new Uint8Array(1_000)],
  ])("is refused where one of them is %s", async (_, bytes) => {
    const edge = await losing(new Uint8Array(0));
    const described = await parted(edge);
    edge.blobs.set(described.parts![1]!.sha256, bytes);
    await expect(createDownloads().file(described, options(edge))).rejects.toMatchObject({ code: "bad_release" });
  });
});

test("an empty file is one, too", async () => {
  const edge = await losing(new Uint8Array(0));
  expect(await createDownloads().file(await fileOf(new Uint8Array(0)), options(edge))).toEqual(new Uint8Array(0));
});
