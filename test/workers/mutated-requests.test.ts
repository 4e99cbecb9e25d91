import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, expect, test, vi } from "vitest";
import { isErrorCode } from "../../shared/errors.ts";
import { smallRelease } from "../harness/small-release.ts";
import { call, goLive } from "./edge.ts";

// Requests that are almost right: one part of a good one replaced by something else. Whatever comes, the answer is an
// error of the caller with a code, or a success; never a failure of the edge.

const small = await smallRelease();
const { release } = small;
const [sha256] = small.blobs.keys();
const event = { id: "01J00000000000000000000000", type: "like", item: "item-1", at: Date.now() };

const good = {
  events: {
    path: "/v1/events",
    method: "POST",
    body: {
      v: 1,
      key: "dev",
      release: release.id,
      surface: "home",
      events: [event, { ...event, type: "view", dwellMs: 3 }],
    },
  },
  forget: { path: "/v1/forget", method: "POST", body: { token: "A".repeat(43) } },
  retrieve: {
    path: `/v1/${release.id}/retrieve`,
    method: "POST",
    body: {
      space: "test-space",
      queries: [[0.1, 0, 0, 0, 0, 0, 0, 1]],
      count: 5,
      items: ["item-1"],
      filter: { language: "de", categories: { any: ["Drama"] }, publishedAfter: 1 },
    },
  },
  channel: { path: "/v1/channels/other", method: "POST", body: { action: "activate", release: release.id, expect: 0 } },
  items: {
    path: "/v1/items",
    method: "PUT",
    body: [
      { id: "new-1", categories: ["Drama"], language: "de", regions: ["DE"], publishedAt: 1, data: { year: 1994 } },
      { id: "new-2", categories: [], title: "Title", tags: ["tag"], author: "author", durationMs: 1, text: "text" },
    ],
  },
  release: { path: `/v1/releases/${release.id}`, method: "PUT", body: JSON.parse(small.json) as object },
} as const;

beforeAll(async () => {
  await reset();
  await goLive(small);
});

/** Values that break parsers: wrong types, huge and odd numbers, odd strings, prototypes, deep nesting. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.double(),
  fc.constantFrom(null, "", -1, 0, 1e308, 2 ** 53, "\ud800", "\u0000", "x".repeat(200), [], {}, [[]]),
  fc.constant(JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) as unknown),
  fc.constant(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as unknown),
);

/** Every place in a JSON value, as a list of keys. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => places(each, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

async function expectNoFailure(answer: Response): Promise<void> {
  const failed = answer.status >= 500;
  const body = answer.status >= 400 ? await answer.text() : "";
  expect(failed ? body : "no failure").toBe("no failure");
  if (answer.status < 400) return;
  const { error } = JSON.parse(body) as { error: { code: unknown; message: unknown } };
  expect([isErrorCode(error.code), typeof error.message]).toEqual([true, "string"]);
}

const secret = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };

test.each(Object.entries(good))("a mutated body of %s never makes the edge fail", async (_, { path, method, body }) => {
  const place = fc.constantFrom(...places(body));
  const addition = fc.option(fc.tuple(fc.string(), odd), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(place, odd, addition, async (at, value, added) => {
      let mutated = replaced(body, at, value);
      if (added !== undefined && typeof mutated === "object" && mutated !== null) {
        mutated = { ...mutated, [added[0]]: added[1] };
      }
      await expectNoFailure(await call(path, { method, headers: secret, body: JSON.stringify(mutated) }));
    }),
    { numRuns: 150 },
  );
});

test.each(Object.entries(good))("a damaged text of %s never makes the edge fail", async (_, { path, method, body }) => {
  const text = new TextEncoder().encode(JSON.stringify(body));
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length), fc.uint8Array({ maxLength: 8 }), fc.nat(8), async (at, bytes, cut) => {
      const damaged = new Uint8Array([...text.slice(0, at), ...bytes, ...text.slice(at + cut)]);
      await expectNoFailure(await call(path, { method, headers: secret, body: damaged }));
    }),
    { numRuns: 80 },
  );
});

test("odd paths, methods, queries and headers never make the edge fail", async () => {
  const segment = fc.oneof(
    fc.constantFrom(
      "v1",
      "manifest",
      "blobs",
      "start",
      "pools",
      "rows",
      "similar",
      "0",
      "retrieve",
      "events",
      "forget",
      "releases",
      "channels",
      "logs",
      "compact",
      "metrics",
      "stable",
      "..",
      "",
    ),
    fc.constantFrom(release.id, sha256, "%", "%00", "%ff", "%2e%2e", "__proto__"),
    fc.string({ maxLength: 12 }).map(encodeURIComponent),
  );
  const query = fc.webQueryParameters();
  const header = fc.constantFrom(
    "Range",
    "If-None-Match",
    "If-Range",
    "Content-Type",
    "Content-Encoding",
    "Origin",
    "Authorization",
    "Accept",
  );
  const value = fc.oneof(
    fc.constantFrom("bytes=0-1", "bytes=9-2", "bytes=-0", "bytes=99999999999999999999-", '"x"', "*", "null", "Bearer "),
    fc.stringMatching(/^[!-~]{0,20}$/),
  );
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { maxLength: 4 }),
      fc.option(query, { nil: "" }),
      method,
      fc.array(fc.tuple(header, value), { maxLength: 3 }),
      async (segments, search, verb, headers) => {
        const body = verb === "POST" || verb === "PUT" || verb === "PATCH" ? "{}" : undefined;
        const path = `/${segments.join("/")}${search === "" ? "" : `?${search}`}`;
        const answer = await call(path, { method: verb, headers, body });
        expect(answer.status).toBeLessThan(500);
        await answer.body?.cancel();
      },
    ),
    { numRuns: 300 },
  );
});

test("nothing of a request is ever logged", async () => {
  const lines: unknown[] = [];
  const spies = (["log", "info", "warn", "error", "debug"] as const).map((kind) =>
    vi.spyOn(console, kind).mockImplementation((...args: unknown[]) => void lines.push(...args)),
  );
  const body = { ...good.retrieve.body, queries: [[0.123456789, 1, 1, 1, 1, 1, 1, 1]] };
  await call(good.retrieve.path, { method: "POST", body: JSON.stringify(body) });
  await call(good.retrieve.path, { method: "POST", body: JSON.stringify({ ...body, space: "private-space" }) });
  await call("/v1/events", {
    method: "POST",
    body: JSON.stringify({ ...good.events.body, subject: "private-subject" }),
  });
  for (const spy of spies) spy.mockRestore();
  expect(lines).toEqual([]);
});
