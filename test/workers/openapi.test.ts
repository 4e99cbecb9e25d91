// The description that the edge gives of itself, held to its routes and to what they really answer.

import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Validator } from "@cfworker/json-schema";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createApp } from "../../edge/app.ts";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { toBase64url } from "../../shared/base64url.ts";
import { smallRelease } from "../harness/small-release.ts";
import { call, goLive, ORIGIN, publish, uploadBlobs } from "./edge.ts";
import { likes, person } from "./people.ts";

interface Operation {
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>;
}

interface Description {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

const small = await smallRelease();
const two = await smallRelease({ createdAt: 2, seed: 2 });
const { id } = small.release;
const X = new TextEncoder().encode("x");
const TOKEN = toBase64url((await person(1)).token);
const [sha256, bytes] = [...small.blobs][0]!;

async function description(): Promise<Description> {
  const answer = await createEdge().fetch(new Request(`${ORIGIN}/v1/openapi.json`), env, createExecutionContext());
  expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([200, "*"]);
  expect(answer.headers.get("Cache-Control")).toBe("public, max-age=3600");
  return answer.json();
}

beforeAll(async () => {
  await reset();
  await goLive(small);
  await publish(two);
});
afterEach(() => vi.restoreAllMocks());

/** Routes of the application: methods of its own, not preflights, nor what refuses other methods. */
function routesOfApp(): string[] {
  const routes = createApp({ now: Date.now }).routes.filter(
    ({ method, path }) => !/^(?:ALL|OPTIONS)$/.test(method) && path !== "/*",
  );
  return [...new Set(routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`))].sort();
}

test("every route of the edge is described, and nothing else is", async () => {
  const { openapi, paths } = await description();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(openapi).toBe("3.1.0");
  expect(described.sort()).toEqual(routesOfApp());
  expect(described.length).toBeGreaterThan(15);
});

describe("what is really answered is what is described", () => {
  /** A route, a request to it, and what it is to be answered; all the rest is read from the description. */
  type Case = [route: string, status: number, path: string, init?: RequestInit & { bindings?: Partial<EdgeEnv> }];
  const secret = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };
  const json = (body: unknown, method = "POST"): RequestInit => ({ method, body: JSON.stringify(body) });
  const signed = (init: RequestInit = {}): RequestInit => ({ ...init, headers: secret });
  const file = (body: Uint8Array): RequestInit => signed({ method: "PUT", body });
  const retrieve = { space: "test-space", queries: [[0, 1, 0, 0, 0, 0, 0, 1]], count: 3 };
  const envelope = { v: 1, key: "dev", release: id, surface: "s" };
  const never: RateLimit = { limit: async () => ({ success: false }) };
  const away = { send: () => Promise.reject(new Error("away")) } as unknown as EdgeEnv["EVENT_QUEUE"];
  const limited = (init: RequestInit) => ({
    ...init,
    headers: { "CF-Connecting-IP": "198.51.100.1" },
    bindings: { LIMIT_POSTS: never },
  });
  const missing = "0".repeat(32);
  const blob = `/v1/blobs/${sha256}`;

  const cases: Case[] = [
    ["GET /healthz", 200, "/healthz"],
    ["GET /healthz", 400, "/healthz?x=1"],
    ["GET /healthz", 500, "/healthz", { bindings: { PUBLIC_KEY: "" } }],
    ["GET /v1/openapi.json", 200, "/v1/openapi.json"],
    ["GET /v1/manifest", 200, "/v1/manifest"],
    ["GET /v1/manifest", 304, "/v1/manifest", { headers: { "If-None-Match": "*" } }],
    ["GET /v1/manifest", 404, "/v1/manifest?channel=none"],
    ["GET /v1/blobs/{sha256}", 200, blob],
    ["GET /v1/blobs/{sha256}", 206, blob, { headers: { Range: "bytes=0-3" } }],
    ["GET /v1/blobs/{sha256}", 304, blob, { headers: { "If-None-Match": `"${sha256}"` } }],
    ["GET /v1/blobs/{sha256}", 404, "/v1/blobs/x"],
    ["GET /v1/blobs/{sha256}", 416, blob, { headers: { Range: "bytes=99999999-" } }],
    ["GET /v1/{release}/start", 200, `/v1/${id}/start`],
    ["GET /v1/{release}/start", 400, `/v1/${id}/start?language=xx`],
    ["GET /v1/{release}/start", 404, `/v1/${missing}/start`],
    ["GET /v1/{release}/start", 409, `/v1/${two.release.id}/start`],
    ["GET /v1/{release}/pools/{cell}", 200, `/v1/${id}/pools/0`],
    ["GET /v1/{release}/pools/{cell}", 404, `/v1/${id}/pools/99`],
    ["GET /v1/{release}/pools/{cell}", 304, `/v1/${id}/pools/0`, { headers: { "If-None-Match": "*" } }],
    ["GET /v1/{release}/rows/{block}", 200, `/v1/${id}/rows/0`],
    ["GET /v1/{release}/rows/{block}", 304, `/v1/${id}/rows/0`, { headers: { "If-None-Match": "*" } }],
    ["GET /v1/{release}/rows/{block}", 404, `/v1/${id}/rows/99`],
    ["GET /v1/{release}/similar/{item}", 200, `/v1/${id}/similar/item-1`],
    ["GET /v1/{release}/similar/{item}", 404, `/v1/${id}/similar/nothing`],
    ["GET /v1/trending", 200, "/v1/trending?surface=home"],
    ["GET /v1/trending", 400, "/v1/trending?surface="],
    ["GET /v1/trending", 429, "/v1/trending", limited({})],
    ["POST /v1/{release}/retrieve", 200, `/v1/${id}/retrieve`, json(retrieve)],
    ["POST /v1/{release}/retrieve", 400, `/v1/${id}/retrieve`, json({ ...retrieve, space: "other" })],
    ["POST /v1/{release}/retrieve", 400, `/v1/${id}/retrieve`, json({ ...retrieve, queries: [[1]] })],
    [
      "POST /v1/{release}/retrieve",
      403,
      `/v1/${id}/retrieve`,
      { ...json(retrieve), headers: { Origin: "https://x.example" } },
    ],
    ["POST /v1/{release}/retrieve", 409, `/v1/${two.release.id}/retrieve`, json(retrieve)],
    ["POST /v1/{release}/retrieve", 413, `/v1/${id}/retrieve`, json("x".repeat(300_000))],
    [
      "POST /v1/{release}/retrieve",
      415,
      `/v1/${id}/retrieve`,
      { ...json(retrieve), headers: { "Content-Type": "image/png" } },
    ],
    ["POST /v1/{release}/retrieve", 429, `/v1/${id}/retrieve`, limited(json(retrieve))],
    ["POST /v1/events", 202, "/v1/events", json({ ...envelope, events: likes(2) })],
    [
      "POST /v1/events",
      202,
      "/v1/events",
      json({ ...envelope, events: [{ ...likes(1)[0], at: 1 }, { type: "x" }, 7] }),
    ],
    ["POST /v1/events", 400, "/v1/events", { method: "POST", body: "{" }],
    ["POST /v1/events", 400, "/v1/events", json({ ...envelope, v: 9, events: [] })],
    ["POST /v1/events", 401, "/v1/events", json({ ...envelope, key: "other", events: [] })],
    [
      "POST /v1/events",
      503,
      "/v1/events",
      { ...json({ ...envelope, events: likes(1) }), bindings: { EVENT_QUEUE: away } },
    ],
    ["POST /v1/forget", 202, "/v1/forget", json({ token: TOKEN })],
    ["POST /v1/forget", 400, "/v1/forget", json({ token: "x" })],
    ["PUT /v1/blobs/{sha256}", 200, blob, file(bytes)],
    [
      "PUT /v1/blobs/{sha256}",
      201,
      "/v1/blobs/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
      file(X),
    ],
    ["PUT /v1/blobs/{sha256}", 400, "/v1/blobs/x", file(X)],
    ["PUT /v1/blobs/{sha256}", 401, blob, { method: "PUT", body: "x" }],
    ["PUT /v1/blobs/{sha256}", 411, blob, signed({ method: "PUT", body: new ReadableStream() })],
    ["PUT /v1/blobs/{sha256}", 422, blob, file(X)],
    ["PUT /v1/releases/{id}", 200, `/v1/releases/${id}`, signed({ method: "PUT", body: small.json })],
    ["PUT /v1/releases/{id}", 400, `/v1/releases/${id}`, signed({ method: "PUT", body: "{}" })],
    ["PUT /v1/releases/{id}", 422, `/v1/releases/${id}`, signed(json({ ...small.release, createdAt: 5 }, "PUT"))],
    ["POST /v1/releases/{id}/vectors", 200, `/v1/releases/${id}/vectors`, signed(json({ from: 0 }))],
    ["POST /v1/releases/{id}/vectors", 400, `/v1/releases/${id}/vectors`, signed(json({ from: -1 }))],
    ["POST /v1/releases/{id}/vectors", 404, `/v1/releases/${missing}/vectors`, signed(json({ from: 0 }))],
    ["GET /v1/channels/{name}", 200, "/v1/channels/stable", signed()],
    ["GET /v1/channels/{name}", 404, "/v1/channels/none", signed()],
    [
      "POST /v1/channels/{name}",
      200,
      "/v1/channels/stable",
      signed(json({ action: "canary", release: two.release.id, percent: 5, expect: 1 })),
    ],
    ["GET /v1/manifest", 200, "/v1/manifest"],
    [
      "POST /v1/channels/{name}",
      200,
      "/v1/channels/stable",
      signed(json({ action: "rules", rules: [{ kind: "bury", item: "i", until: 1 }], expect: 2 })),
    ],
    ["POST /v1/channels/{name}", 200, "/v1/channels/stable", signed(json({ action: "cancel", expect: 3 }))],
    ["POST /v1/channels/{name}", 409, "/v1/channels/stable", signed(json({ action: "cancel", expect: 4 }))],
    ["POST /v1/channels/{name}", 409, "/v1/channels/stable", signed(json({ action: "rollback", expect: 4 }))],
    ["POST /v1/channels/{name}", 409, "/v1/channels/stable", signed(json({ action: "rollback", expect: 1 }))],
    ["POST /v1/channels/{name}", 404, "/v1/channels/none", signed(json({ action: "rollback", expect: 0 }))],
    [
      "POST /v1/channels/{name}",
      404,
      "/v1/channels/stable",
      signed(json({ action: "activate", release: missing, expect: 4 })),
    ],
    ["PUT /v1/items", 200, "/v1/items", signed(json({ id: "a new one", categories: [] }, "PUT"))],
    ["PUT /v1/items", 200, "/v1/items", signed(json([{ id: "item-1", categories: [] }], "PUT"))],
    ["PUT /v1/items", 400, "/v1/items", signed(json([{ id: 1 }], "PUT"))],
    ["PUT /v1/items", 401, "/v1/items", json([], "PUT")],
    ["DELETE /v1/items/{id}", 200, "/v1/items/item-1", signed({ method: "DELETE" })],
    ["DELETE /v1/items/{id}", 404, "/v1/items/nothing", signed({ method: "DELETE" })],
    ["POST /v1/gc", 200, "/v1/gc", signed(json({}))],
    ["POST /v1/gc", 400, "/v1/gc", signed(json({ after: "x" }))],
    ["GET /v1/logs", 200, "/v1/logs", signed()],
    ["GET /v1/logs", 400, `/v1/logs?after=${"x".repeat(2_000)}`, signed()],
    ["POST /v1/logs/compact", 200, "/v1/logs/compact", signed({ method: "POST" })],
    [
      "GET /v1/logs/{date}/{hour}/{part}",
      200,
      "/v1/logs/dt=2026-06-01/hour=12/00000000-000000000001.ndjson.gz",
      signed(),
    ],
    ["GET /v1/logs/{date}/{hour}/{part}", 404, "/v1/logs/dt=2026-06-01/hour=12/x", signed()],
    ["GET /v1/metrics", 200, "/v1/metrics", signed()],
    ["GET /v1/metrics", 401, "/v1/metrics"],
  ];

  test("in its status, its media type, its code and every field", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    await env.BUCKET.put("events/dt=2026-06-01/hour=12/00000000-000000000001.ndjson.gz", new Uint8Array(3));
    const { paths, components } = await description();
    const edge = createEdge();
    for (const [route, status, path, { bindings, ...init } = {}] of cases) {
      const [method, template] = route.split(" ") as [string, string];
      const answer = bindings
        ? await edge.fetch(new Request(ORIGIN + path, init), { ...env, ...bindings }, createExecutionContext())
        : await call(path, init);
      const at = `${route} ${status} ${path.slice(0, 80)}`;
      expect(`${answer.status} ${at}`).toBe(`${status} ${at}`);
      const described = paths[template]?.[method.toLowerCase()]?.responses[String(status)];
      expect(described, at).toBeDefined();
      const body = await answer.clone().arrayBuffer();
      if (described!.content === undefined) {
        expect(body.byteLength, at).toBe(0);
        continue;
      }
      const type = answer.headers.get("Content-Type")!.split(";")[0]!;
      expect(Object.keys(described!.content), at).toEqual([type]);
      const { schema } = described!.content[type]!;
      if (schema === undefined) continue;
      const { errors } = new Validator({ ...schema, components } as object, "2020-12", false).validate(
        await answer.json(),
      );
      expect(errors, at).toEqual([]);
    }
    // Nothing that is described was left out of this table: an answer that is no error, of every route.
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        for (const status of Object.keys(responses).filter((each) => each < "400")) {
          const seen = cases.some(
            ([route, got]) => route === `${method.toUpperCase()} ${path}` && got === Number(status),
          );
          // A release that is stored anew is what every test of this folder begins with.
          if (`${path} ${status}` !== "/v1/releases/{id} 201") expect([method, path, status, seen]).toContain(true);
        }
      }
    }
  });

  test("also for a release that is stored anew", async () => {
    const { paths, components } = await description();
    const three = await smallRelease({ createdAt: 3, seed: 3 });
    await uploadBlobs(three);
    const init = signed({ method: "PUT", body: three.json });
    const request = new Request(`${ORIGIN}/v1/releases/${three.release.id}`, init);
    const answer = await createEdge().fetch(request, env, createExecutionContext());
    expect(answer.status).toBe(201);
    const { schema } = paths["/v1/releases/{id}"]!["put"]!.responses["201"]!.content!["application/json"]!;
    const { errors } = new Validator({ ...schema, components } as object, "2020-12", false).validate(
      await answer.json(),
    );
    expect(errors).toEqual([]);
  });
});
