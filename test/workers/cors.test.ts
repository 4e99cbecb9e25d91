import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { smallRelease } from "../harness/small-release.ts";
import { call, expectError, goLive, ORIGIN } from "./edge.ts";

const small = await smallRelease();
const { id } = small.release;

beforeAll(async () => {
  await reset();
  await goLive(small);
});

const LISTED = "https://app.example";

function from(origin: string | undefined, path: string, init: RequestInit = {}, allowed = LISTED): Promise<Response> {
  const headers = new Headers(init.headers);
  if (origin !== undefined) headers.set("Origin", origin);
  const request = new Request(ORIGIN + path, { ...init, headers });
  return createEdge().fetch(request, { ...env, ALLOWED_ORIGINS: allowed }, createExecutionContext());
}

const events = { method: "POST", body: JSON.stringify({ v: 1, key: "dev", release: id, surface: "s", events: [] }) };

describe("public reads", () => {
  test("are open to every page, errors included", async () => {
    for (const path of ["/healthz", "/v1/manifest", `/v1/${id}/start`, "/v1/blobs/nothing", "/v1/manifest?channel=x"]) {
      const answer = await from("https://anywhere.example", path);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
      expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("ETag");
      expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("Content-Range");
    }
  });

  test("answer preflights", async () => {
    const answer = await from("https://anywhere.example", `/v1/blobs/${"0".repeat(64)}`, { method: "OPTIONS" });
    expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([204, "*"]);
    expect(answer.headers.get("Access-Control-Allow-Headers")).toContain("Range");
  });
});

describe("posts", () => {
  test("are taken from listed origins, which are echoed, from the edge's own and from no page at all", async () => {
    for (const origin of [LISTED, ORIGIN]) {
      const answer = await from(origin, "/v1/events", events);
      expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([202, origin]);
      expect(answer.headers.get("Vary")).toContain("Origin");
    }
    const bare = await from(undefined, "/v1/events", events);
    expect([bare.status, bare.headers.get("Access-Control-Allow-Origin")]).toEqual([202, null]);
    expect(bare.headers.get("Vary")).toContain("Origin");
  });

  test("are refused from other origins", async () => {
    for (const origin of ["https://evil.example", "https://app.example.evil.example", "null", "http://app.example"]) {
      for (const path of ["/v1/events", `/v1/${id}/retrieve`]) {
        const answer = await from(origin, path, events);
        expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
        expect(await expectError(answer, 403, "forbidden_origin")).toBe("Origin");
        expect((await from(origin, path, { method: "OPTIONS" })).status).toBe(403);
      }
    }
  });

  test("are taken from everywhere where the operator says so", async () => {
    const answer = await from("https://any.example", "/v1/events", events, "*");
    expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([202, "https://any.example"]);
  });

  test("answer preflights of listed origins, and errors are readable there", async () => {
    const path = `/v1/${id}/retrieve`;
    const asked = await from(LISTED, path, { method: "OPTIONS" });
    expect([asked.status, asked.headers.get("Access-Control-Allow-Origin")]).toEqual([204, LISTED]);
    expect(asked.headers.get("Access-Control-Allow-Methods")).toBe("POST");
    const bad = await from(LISTED, path, { method: "POST", body: "{" });
    expect([bad.status, bad.headers.get("Access-Control-Allow-Origin")]).toEqual([400, LISTED]);
  });
});

describe("publishing", () => {
  test("is for no page: no answer of it allows one", async () => {
    for (const [method, path] of [
      ["PUT", `/v1/blobs/${"0".repeat(64)}`],
      ["PUT", `/v1/releases/${id}`],
      ["POST", "/v1/channels/stable"],
      ["OPTIONS", "/v1/channels/stable"],
    ]) {
      const answer = await from(LISTED, path, { method });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
    }
  });
});

describe("every answer", () => {
  test("carries the security headers", async () => {
    for (const path of ["/healthz", "/nothing", `/v1/${id}/start`, "/v1/events"]) {
      const { headers } = await call(path);
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Content-Security-Policy")).toContain("default-src 'none'");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    }
  });

  test("to an unknown route or method says so", async () => {
    await expectError(await call("/v1/nothing"), 404, "not_found");
    for (const [method, path, allowed] of [
      ["GET", "/v1/events", "POST"],
      ["DELETE", "/v1/manifest", "GET, HEAD"],
      ["POST", `/v1/blobs/${"0".repeat(64)}`, "GET, HEAD, PUT"],
      ["PUT", "/v1/channels/stable", "GET, HEAD, POST"],
      ["GET", `/v1/releases/${id}`, "PUT"],
      ["PATCH", `/v1/${id}/retrieve`, "POST"],
    ]) {
      const answer = await call(path, { method });
      expect(answer.headers.get("Allow")).toBe(allowed);
      await expectError(answer, 405, "method_not_allowed");
    }
  });

  test("refuses query keys that the route does not know", async () => {
    for (const path of ["/healthz", "/v1/manifest", "/v1/blobs/x", `/v1/${id}/start`]) {
      expect(await expectError(await call(`${path}?cachebust=1`), 400, "unknown_query")).toBe("?cachebust");
      expect(await expectError(await call(`${path}?&`), 400, "unknown_query")).toBe("?");
      expect(await expectError(await call(`${path}?x=1&&`), 400, "unknown_query")).toBe("?");
    }
    await expectError(await call("/v1/events?x=1", events), 400, "unknown_query");
  });
});

test("a Worker without its bindings says which one is missing", async () => {
  const { BUCKET: _, ...rest } = env;
  const request = new Request(`${ORIGIN}/healthz`);
  const answer = await createEdge().fetch(request, rest as typeof env, createExecutionContext());
  expect(await expectError(answer, 500, "bad_configuration")).toBe("BUCKET");
});
