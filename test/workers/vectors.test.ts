import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { METADATA_PROPERTIES } from "../../edge/retrieval/vectorize-layout.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { garbageStep } from "../../shared/garbage.ts";
import type { GarbageRequest, GarbageStep } from "../../shared/garbage.ts";
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

/**
 * An edge of its own with some bindings more, or fewer.
 *
 * @param laterMs how far its collections of garbage are in the future
 */
function edgeWith(bindings: Partial<EdgeEnv>, laterMs = 0) {
  const edge = createEdge();
  const later = createEdge({ now: () => Date.now() + laterMs });
  const send = (path: string, body: unknown, more: Partial<EdgeEnv> = {}, to = edge): Promise<Response> => {
    const headers = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };
    const request = new Request(ORIGIN + path, { method: "POST", headers, body: JSON.stringify(body) });
    return to.fetch(request, { ...env, ...bindings, ...more }, createExecutionContext());
  };
  async function collectStep(body: GarbageRequest, bucket = env.BUCKET): Promise<GarbageStep> {
    const answer = await send("/v1/gc", body, { BUCKET: bucket }, later);
    expect(answer.status).toBe(200);
    return garbageStep(await answer.json(), "");
  }
  return {
    send,
    collectStep,
    /** All steps. @returns what was deleted */
    async collect({ after, dryRun }: GarbageRequest = {}): Promise<string[]> {
      const deleted: string[] = [];
      for (let at: string | null | undefined = after; at !== null;) {
        const step: GarbageStep = await collectStep({
          ...(at !== undefined && { after: at }),
          ...(dryRun && { dryRun }),
        });
        deleted.push(...step.deleted);
        at = step.next;
      }
      return deleted;
    },
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

describe("vectors whose release was collected", () => {
  const TWO_DAYS = 2 * 24 * 3_600_000;

  /** A release that no channel serves any more, its vectors in the index. */
  async function withVectors(items: number) {
    const [old, active] = [
      await smallRelease({ items, dim: DIM }),
      await smallRelease({ items: 30, dim: DIM, createdAt: 2, seed: 2 }),
    ] as const;
    const index = createIndex();
    const edge = edgeWith({ VECTORIZE: index }, TWO_DAYS);
    for (const each of [old, active]) {
      await publish(each);
      for (let from: number | null = 0; from !== null;) ({ next: from } = await edge.step(each.release.id, from));
      clock += 5_000;
      expect((await edge.step(each.release.id, each.release.items)).ready).toBe(true);
    }
    await activate(active.release.id, 0);
    const count = async () => {
      clock += 5_000;
      return (await index.describe()).vectorCount;
    };
    return { old, active, edge, count };
  }

  test("are deleted, those of other releases stay, and a dry run says so before", async () => {
    const { old, active, edge, count } = await withVectors(9_000);
    const key = `vectors/${old.release.id}.json`;
    expect(await edge.collect({ dryRun: true })).toContain(key);
    expect(await count()).toBe(9_030);
    expect(await edge.collect()).toContain(key);
    expect(await count()).toBe(30);
    expect(await edge.collect()).toEqual([]);
    expect((await edge.retrieve(active)).length).toBe(30);
  });

  test("are deleted also where they were never all there", async () => {
    const { active, edge, count } = await withVectors(30);
    const half = await smallRelease({ items: 12_000, dim: DIM, createdAt: 3, seed: 3 });
    await publish(half);
    await edge.step(half.release.id, 0);
    expect(await count()).toBe(10_060);
    expect(await edge.collect()).toContain(`vectors/${half.release.id}.json`);
    expect(await count()).toBe(active.release.items);
  });

  test("come back when the release does, once all have left", async () => {
    const { old, edge, count } = await withVectors(9_000);
    let after: string | null = "releases/";
    while (after !== "vectors/") ({ next: after } = await edge.collectStep({ after: after! }));
    expect((await edge.collectStep({ after })).next).toBe(after);
    expect(await count()).toBe(5_030);
    await publish(old);
    const refused = await edge.send(ROUTES.vectors(old.release.id), { from: 0 });
    await expectError(refused, 503, "unavailable");
    expect(await edge.collect({ after })).toEqual([`vectors/${old.release.id}.json`]);
    expect(await edge.step(old.release.id, 0)).toEqual({ items: 9_000, next: 9_000, ready: false });
    expect(await count()).toBe(9_030);
  });

  test("stay where the release comes back while they are being condemned", async () => {
    const { old, edge, count } = await withVectors(30);
    await edge.collectStep({ after: "releases/" });
    // Published between the two looks at it.
    const bucket = new Proxy(env.BUCKET, {
      get: (real, name) =>
        name === "head"
          ? async (key: string) => (await publish(old), real.head(key))
          : (real[name as "list"] as typeof real.list).bind(real),
    });
    expect(await edge.collectStep({ after: "vectors/" }, bucket)).toMatchObject({ deleted: [], next: null });
    expect(await count()).toBe(60);
    expect(await edge.step(old.release.id, 0)).toEqual({ items: 30, next: null, ready: true });
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
