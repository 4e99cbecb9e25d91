import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { networkOf } from "../../edge/http/rate-limit.ts";
import { MAX_RELEASE_BYTES } from "../../shared/release.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { EVENT_LIMITS } from "../../shared/event.ts";
import { smallRelease } from "../harness/small-release.ts";
import { call, expectError, goLive, ORIGIN, publisher } from "./edge.ts";

const small = await smallRelease();
const { id } = small.release;

beforeEach(async () => {
  await reset();
  await goLive(small);
});
afterEach(() => vi.restoreAllMocks());

/** Of wrangler.toml. */
const LIMIT = 600;
/** An address of no test before: the counters of a minute outlive a test. */
let next = 0;
const freshAddress = () => `203.0.113.${next++}`;
const retrieval = JSON.stringify({ space: "test-space", queries: [], items: ["item-1"], count: 1 });
const routes = [
  ["/v1/events", JSON.stringify({ v: 1, key: "dev", release: id, surface: "s", events: [] }), 202],
  [`/v1/${id}/retrieve`, retrieval, 200],
  ["/v1/forget", "{}", 400],
] as const;

function post(path: string, body: string, headers: Record<string, string>, bindings: Partial<EdgeEnv> = {}) {
  const request = new Request(ORIGIN + path, { method: "POST", body, headers });
  return createEdge().fetch(request, { ...env, ALLOWED_ORIGINS: "*", ...bindings }, createExecutionContext());
}

/** Posts of an address to a route, `count` of them, that cost little. */
async function postMany(address: string, path: string, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    expect((await call(path, { method: "POST", body: "x", headers: { "CF-Connecting-IP": address } })).status).toBe(
      400,
    );
  }
}

/** A minute of the counters must not end in the middle of a test. */
async function atTheBeginningOfAMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left + 50));
}

describe("the rate limit", () => {
  test.each(routes)(
    "of %s refuses an address after as many posts as the configuration says, and no other one",
    async (path, body, status) => {
      await atTheBeginningOfAMinute();
      const address = freshAddress();
      const headers = { "CF-Connecting-IP": address, Origin: "https://app.example" };
      expect((await post(path, body, headers)).status).toBe(status);
      await postMany(address, path, LIMIT - 1);
      const refused = await post(path, body, headers);
      expect(refused.headers.get("Retry-After")).toBe("60");
      // A page of another origin can read both the answer and how long to wait.
      expect(refused.headers.get("Access-Control-Allow-Origin")).toBe("https://app.example");
      expect(refused.headers.get("Access-Control-Expose-Headers")).toContain("Retry-After");
      expect(refused.headers.get("X-Content-Type-Options")).toBe("nosniff");
      await expectError(refused, 429, "rate_limited");
      expect((await post(path, body, { "CF-Connecting-IP": freshAddress() })).status).toBe(status);
      // What an address did on one route is no matter on another; and pages may ask whether they may post.
      const [other, otherBody, otherStatus] = routes.find(([each]) => each !== path)!;
      expect((await post(other, otherBody, headers)).status).toBe(otherStatus);
      const preflight = new Request(ORIGIN + path, { method: "OPTIONS", headers });
      const open = { ...env, ALLOWED_ORIGINS: "*" };
      expect((await createEdge().fetch(preflight, open, createExecutionContext())).status).toBe(204);
    },
    60_000,
  );

  test("keeps nothing of who asked: nothing in the bucket, and no key but the route and the network", async () => {
    const keys: string[] = [];
    const limiter: RateLimit = {
      async limit({ key }) {
        keys.push(key);
        return { success: true };
      },
    };
    for (const [path, body] of routes)
      await post(path, body, { "CF-Connecting-IP": "2001:db8:1:2:3:4:5:6" }, { LIMIT_POSTS: limiter });
    expect(keys).toEqual([
      "/v1/events 2001:db8:1:2::/64",
      "/v1/:release/retrieve 2001:db8:1:2::/64",
      "/v1/forget 2001:db8:1:2::/64",
    ]);
    for (const { key } of (await env.BUCKET.list()).objects) {
      expect(key + (await (await env.BUCKET.get(key))?.text())).not.toContain("2001:db8");
    }
  });

  test("is not there for this machine, where the binding is not, and while the counters are away", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const [path, body] = routes[1];
    const never: RateLimit = { limit: async () => ({ success: false }) };
    const away: RateLimit = { limit: () => Promise.reject(new Error("away")) };
    for (const [address, binding, status] of [
      ["198.51.100.1", never, 429],
      ["127.0.0.1", never, 200],
      ["::1", never, 200],
      ["198.51.100.1", away, 200],
      ["198.51.100.1", undefined, 200],
    ] as const) {
      const answer = await post(path, body, { "CF-Connecting-IP": address }, { LIMIT_POSTS: binding });
      expect([address, answer.status]).toEqual([address, status]);
    }
  });

  test.each([
    ["203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8::1", "2001:db8:0:0::/64"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["fe80::1:2:3:4", "fe80:0:0:0::/64"],
    ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
  ])("counts %s as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("a body", () => {
  const bodies = [
    ["POST", "/v1/events", EVENT_LIMITS.bodyBytes],
    ["POST", `/v1/${id}/retrieve`, REQUEST_LIMITS.retrieveBytes],
    ["POST", "/v1/forget", REQUEST_LIMITS.forgetBytes],
    ["POST", "/v1/channels/stable", REQUEST_LIMITS.channelBytes],
    ["POST", "/v1/gc", REQUEST_LIMITS.garbageBytes],
    ["PUT", `/v1/releases/${id}`, MAX_RELEASE_BYTES],
  ] as const;
  test.each(bodies)(
    "of %s %s may have its limit of %d bytes and not one more, declared or not",
    async (method, path, limit) => {
      const spaces = (count: number) => new Uint8Array(count).fill(0x20);
      // All spaces are no JSON: what passes the limit fails there.
      await expectError(await publisher(path, { method, body: spaces(limit) }), 400, "bad_json");
      await expectError(await publisher(path, { method, body: spaces(limit + 1) }), 413, "too_large");
      const undeclared = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(spaces(limit));
          controller.enqueue(spaces(1));
          controller.close();
        },
      });
      await expectError(await publisher(path, { method, body: undeclared }), 413, "too_large");
    },
  );
});

describe("the publish secret", () => {
  test("is compared in constant time, whatever is given: two digests of one length", async () => {
    const compared: number[][] = [];
    const real = crypto.subtle.timingSafeEqual.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "timingSafeEqual").mockImplementation((a, b) => {
      compared.push([a.byteLength, b.byteLength]);
      return real(a, b);
    });
    const secret = env.PUBLISH_SECRET!;
    const wrong = [
      "x",
      secret.slice(0, -1),
      `${secret}x`,
      secret.toUpperCase(),
      "x".repeat(5_000),
      `${secret} ${secret}`,
    ];
    for (const given of wrong) {
      const answer = await call("/v1/channels/stable", { headers: { Authorization: `Bearer ${given}` } });
      await expectError(answer, 401, "unauthorized");
    }
    const right = await call("/v1/channels/stable", { headers: { Authorization: `Bearer ${secret}` } });
    expect(right.status).toBe(200);
    expect(compared).toEqual([...wrong, secret].map(() => [32, 32]));
  });
});

describe("the security headers", () => {
  test("are on every answer: of every route, good or bad, with and without a body", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const [sha256] = small.blobs.keys();
    const etag = (await call("/v1/manifest")).headers.get("ETag")!;
    const away: RateLimit = { limit: async () => ({ success: false }) };
    const { BUCKET: _, ...broken } = env;
    const answers: [number, Promise<Response>][] = [
      [200, call("/healthz")],
      [200, call("/v1/manifest")],
      [304, call("/v1/manifest", { headers: { "If-None-Match": etag } })],
      [200, call("/v1/manifest", { method: "HEAD" })],
      [200, call(`/v1/${id}/start`)],
      [200, call(`/v1/${id}/pools/0`)],
      [200, call(`/v1/${id}/similar/item-1`)],
      [200, call(`/v1/blobs/${sha256}`)],
      [206, call(`/v1/blobs/${sha256}`, { headers: { Range: "bytes=0-9" } })],
      [416, call(`/v1/blobs/${sha256}`, { headers: { Range: "bytes=999999999-" } })],
      [200, call(`/v1/${id}/retrieve`, { method: "POST", body: retrieval })],
      [202, call("/v1/events", { method: "POST", body: routes[0][1] })],
      [204, call("/v1/events", { method: "OPTIONS" })],
      [200, publisher("/v1/channels/stable")],
      [200, publisher("/v1/logs")],
      [200, publisher("/v1/metrics")],
      [200, publisher("/v1/gc", { method: "POST", body: "{}" })],
      [200, publisher("/v1/logs/compact", { method: "POST" })],
      [400, call("/v1/manifest?x=1")],
      [401, call("/v1/metrics")],
      [403, call("/v1/events", { method: "POST", headers: { Origin: "https://evil.example" } })],
      [404, call("/v1/nothing")],
      [404, call("/v1/blobs/x")],
      [405, call("/v1/manifest", { method: "DELETE" })],
      [409, publisher("/v1/channels/stable", { method: "POST", body: '{"action":"rollback","expect":1}' })],
      [413, call("/v1/forget", { method: "POST", body: "x".repeat(2_000) })],
      [429, post("/v1/events", "", { "CF-Connecting-IP": "198.51.100.7" }, { LIMIT_POSTS: away })],
      [500, createEdge().fetch(new Request(`${ORIGIN}/healthz`), broken as typeof env, createExecutionContext())],
    ];
    for (const [expected, answer] of answers) {
      const { status, headers } = await answer;
      expect(status).toBe(expected);
      expect(headers.get("X-Content-Type-Options"), String(status)).toBe("nosniff");
      expect(headers.get("Content-Security-Policy")).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
      expect(headers.get("Set-Cookie")).toBeNull();
    }
  });
});
