import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ROUTES, type VectorsAnswer } from "../../../../shared/protocol.ts";
import { createEdgeClient } from "../../../../trainer/publish/edge-client.ts";
import { uploadVectors } from "../../../../trainer/publish/upload-vectors.ts";

const RELEASE = "a".repeat(32);
const ITEMS = 25;
const STEP = 10;

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

/** An edge over HTTP that takes ten vectors a step and shows them when it was asked so many times. */
async function startEdge(asksUntilReady: number) {
  const taken: number[] = [];
  let asks = 0;
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { from } = JSON.parse(body) as { from: number };
    if (request.url !== ROUTES.vectors(RELEASE) || request.method !== "POST") return void response.writeHead(404).end();
    taken.push(from);
    const isSent = from >= ITEMS;
    if (isSent) asks++;
    const answer: VectorsAnswer = {
      items: ITEMS,
      next: isSent ? null : Math.min(from + STEP, ITEMS),
      ready: isSent && asks > asksUntilReady,
    };
    response.end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const edge = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: createEdgeClient({ edge, secret: "secret", fetch }), taken };
}

test("every step begins where the last one ended, and the vectors are waited for", async () => {
  const { client, taken } = await startEdge(3);
  const waits: number[] = [];
  const seen: (readonly [number, number])[] = [];
  await uploadVectors(client, RELEASE, {
    wait: async (ms) => waits.push(ms),
    onItems: (...each) => seen.push(each),
  });
  expect(taken).toEqual([0, 10, 20, 25, 25, 25, 25]);
  expect(waits).toEqual([2_000, 2_000, 2_000]);
  expect(seen).toEqual([10, 20, 25].map((done) => [done, ITEMS]));
});

test("vectors that do not show within a quarter of an hour are given up", async () => {
  const { client } = await startEdge(Infinity);
  let waitedMs = 0;
  const wait = async (ms: number) => (waitedMs += ms);
  await expect(uploadVectors(client, RELEASE, { wait })).rejects.toMatchObject({ code: "edge_failed" });
  expect(waitedMs).toBeGreaterThanOrEqual(15 * 60_000);
});

test("an interrupt ends the waiting", async () => {
  const { client } = await startEdge(Infinity);
  const interrupt = new AbortController();
  const ended = uploadVectors(client, RELEASE, { signal: interrupt.signal });
  setTimeout(() => interrupt.abort(), 50);
  await expect(ended).rejects.toThrow(/abort/i);
});
