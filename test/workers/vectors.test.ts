import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { METADATA_PROPERTIES } from "../../edge/retrieval/vectorize-layout.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { VectorsAnswer } from "../../shared/protocol.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { VectorizeStandIn } from "../harness/vectorize-stand-in.ts";
import { activate, call, expectError, ORIGIN, post, publish } from "./edge.ts";

const DIM = 8;

let clock = 0;

beforeEach(async () => {
  clock = 0;
  await reset();
});

/** An index as an operator makes it, its writes seen after five seconds. */
function createIndex(properties: readonly string[] = METADATA_PROPERTIES, dimensions = DIM): VectorizeStandIn {
  const index = new VectorizeStandIn({ dimensions, metric: "dot-product", now: () => clock, visibleAfterMs: 5_000 });
  for (const property of properties) index.createMetadataIndex(property, "number");
  return index;
}

/** An edge of its own with some bindings more, or fewer. */
function edgeWith(bindings: Partial<EdgeEnv>) {
  const edge = createEdge();
  const send = (path: string, body: unknown): Promise<Response> => {
    const headers = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };
    const request = new Request(ORIGIN + path, { method: "POST", headers, body: JSON.stringify(body) });
    return edge.fetch(request, { ...env, ...bindings }, createExecutionContext());
  };
  return {
    send,
    get: (path: string) => edge.fetch(new Request(ORIGIN + path), { ...env, ...bindings }, createExecutionContext()),
    async step(release: string, from: number): Promise<VectorsAnswer> {
      const answer = await send(ROUTES.vectors(release), { from });
      expect(answer.status).toBe(200);
      return answer.json();
    },
    async retrieve({ release }: SmallRelease, filter = {}): Promise<string[]> {
      const quotas = { similar: 0, trending: 0, fresh: 0, popular: 0, explore: 0 };
      const query = Array.from({ length: release.dim }, (_, j) => Math.sin(j + 1));
      const body = { space: release.space, queries: [query], count: 300, filter, quotas };
      const answer = await send(ROUTES.retrieve(release.id), body);
      expect(answer.status).toBe(200);
      return [...decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text).ids];
    },
  };
}

describe("a release whose vectors lie in Vectorize", () => {
  test("goes there step by step, is ready once it can be found, and is searched there", async () => {
    const small = await smallRelease({ items: 12_000, dim: DIM });
    const index = createIndex();
    const edge = edgeWith({ VECTORIZE: index });
    await publish(small);
    expect(await edge.step(small.release.id, 0)).toEqual({ items: 12_000, next: 10_000, ready: false });
    expect(await edge.step(small.release.id, 10_000)).toEqual({ items: 12_000, next: 12_000, ready: false });
    clock = 4_999;
    expect(await edge.step(small.release.id, 12_000)).toEqual({ items: 12_000, next: null, ready: false });
    clock = 5_000;
    expect(await edge.step(small.release.id, 12_000)).toEqual({ items: 12_000, next: null, ready: true });
    expect((await index.describe()).vectorCount).toBe(12_000);

    expect((await activate(small.release.id, 0)).status).toBe(200);
    index.queries.length = 0;
    const filter = { language: "de", region: "JP" };
    expect(await edge.retrieve(small, filter)).toEqual(await edgeWith({}).retrieve(small, filter));
    expect(index.queries.length).toBe(16);
  });

  test("is searched in memory until all of them are there", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    const index = createIndex();
    const edge = edgeWith({ VECTORIZE: index });
    await publish(small);
    await activate(small.release.id, 0);
    await edge.step(small.release.id, 0);
    index.queries.length = 0;
    expect((await edge.retrieve(small)).length).toBe(300);
    expect(index.queries.length).toBe(0);
  });

  test("may be put there again, which changes nothing", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    const index = createIndex();
    const edge = edgeWith({ VECTORIZE: index });
    await publish(small);
    for (const from of [0, 0, 300]) await edge.step(small.release.id, from);
    clock = 9_000;
    expect((await edge.step(small.release.id, 300)).ready).toBe(true);
    expect(await edge.step(small.release.id, 0)).toEqual({ items: 300, next: null, ready: true });
    expect((await index.describe()).vectorCount).toBe(300);
  });
});

describe("an answer that lacks what a part of the index has", () => {
  test("names the part, and no cache keeps it", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    let isDown = false;
    const onQuery = (namespace: string | undefined) => {
      if (isDown && namespace?.endsWith(":5")) throw new Error("the network is down");
    };
    const index = new VectorizeStandIn({ dimensions: DIM, now: () => 0, onQuery });
    for (const property of METADATA_PROPERTIES) index.createMetadataIndex(property, "number");
    const edge = edgeWith({ VECTORIZE: index });
    await publish(small);
    for (const from of [0, 300]) await edge.step(small.release.id, from);
    await activate(small.release.id, 0);
    const asks = [
      () =>
        edge.send(ROUTES.retrieve(small.release.id), {
          space: "test-space",
          queries: [Array(DIM).fill(1)],
          count: 300,
        }),
      () => edge.get(ROUTES.similar(small.release.id, "item-7")),
    ];
    for (const ask of asks) {
      isDown = false;
      expect((await ask()).headers.get("Nearfeed-Missing")).toBeNull();
      isDown = true;
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Nearfeed-Missing")).toBe("vectorize-5");
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
      expect(answer.headers.get("Access-Control-Expose-Headers") ?? "Nearfeed-Missing").toContain("Nearfeed-Missing");
    }
  });
});

describe("an index that does not fit", () => {
  test("because it has other dimensions is refused before anything is sent", async () => {
    const small = await smallRelease({ items: 30, dim: DIM });
    const index = createIndex(METADATA_PROPERTIES, 16);
    await publish(small);
    const answer = await edgeWith({ VECTORIZE: index }).send(ROUTES.vectors(small.release.id), { from: 0 });
    expect(await expectError(answer, 500, "bad_configuration")).toBe("VECTORIZE");
  });

  test("because a metadata index is missing is never searched, and the answer says which are needed", async () => {
    const small = await smallRelease({ items: 30, dim: DIM });
    const edge = edgeWith({ VECTORIZE: createIndex(METADATA_PROPERTIES.slice(1)) });
    await publish(small);
    await edge.step(small.release.id, 0);
    clock = 5_000;
    const answer = await edge.send(ROUTES.vectors(small.release.id), { from: 30 });
    const { error } = await answer.clone().json<{ error: { hint: string } }>();
    await expectError(answer, 500, "bad_configuration");
    for (const property of METADATA_PROPERTIES) expect(error.hint).toContain(property);
  });
});

describe("an edge without Vectorize", () => {
  test("says that there is nothing to do", async () => {
    const small = await smallRelease({ items: 30, dim: DIM });
    await publish(small);
    expect(await edgeWith({}).step(small.release.id, 0)).toEqual({ items: 30, next: null, ready: true });
  });
});

test("only the publisher may put vectors, and only of a release that there is", async () => {
  const small = await smallRelease({ items: 30, dim: DIM });
  await publish(small);
  await expectError(await post(ROUTES.vectors(small.release.id), { from: 0 }), 401, "unauthorized");
  await expectError(await call(ROUTES.vectors(small.release.id)), 405, "method_not_allowed");
  const edge = edgeWith({ VECTORIZE: createIndex() });
  expect(await expectError(await edge.send(ROUTES.vectors("f".repeat(32)), { from: 0 }), 404, "unknown_release")).toBe(
    "id",
  );
  expect(await expectError(await edge.send(ROUTES.vectors(small.release.id), { from: -1 }), 400, "bad_value")).toBe(
    "from",
  );
});
