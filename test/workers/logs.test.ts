import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { encodePart } from "../../edge/events/event-parts.ts";
import { storeEvents } from "../../edge/events/store-events.ts";
import { LOG_PAGE, parseLogList } from "../../shared/event-log.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { call, expectError, loggedParts, publisher, runAlarms } from "./edge.ts";
import { loggedLikes } from "./people.ts";

beforeEach(reset);

async function list(after?: string) {
  const answer = await publisher(ROUTES.logs(after));
  expect(answer.status).toBe(200);
  return parseLogList(await answer.json());
}

test("the listing names every part with its size and hash, and each can be fetched", async () => {
  await storeEvents(env.EVENT_STORE, loggedLikes(60, { subject: "s" }));
  await runAlarms();
  const { parts, next } = await list();
  expect(next).toBeNull();
  expect(parts.map(({ name }) => `events/${name}`)).toEqual([...(await loggedParts()).keys()]);
  expect(parts.length).toBeGreaterThan(1);
  let lines = 0;
  for (const { name, bytes, md5 } of parts) {
    const answer = await publisher(ROUTES.logPart(name));
    expect(answer.headers.get("ETag")).toBe(`"${md5}"`);
    expect(answer.headers.get("Content-Encoding")).toBeNull();
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const body = await answer.arrayBuffer();
    expect(body.byteLength).toBe(bytes);
    const digest = new Uint8Array(await crypto.subtle.digest("MD5", body));
    expect(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(md5);
    const text = await new Response(new Response(body).body!.pipeThrough(new DecompressionStream("gzip"))).text();
    lines += text.trim().split("\n").length;
  }
  expect(lines).toBe(60);
});

test("a log of more parts than a page is listed to its end, each part once, whatever else lies there", async () => {
  const body = await encodePart({ lines: ["{}"] });
  const count = LOG_PAGE + 5;
  const names = Array.from(
    { length: count },
    (_, i) => `dt=2026-06-01/hour=${String(i % 24).padStart(2, "0")}/0badcafe-${String(i).padStart(12, "0")}.ndjson.gz`,
  );
  for (let i = 0; i < count; i += 100) {
    await Promise.all(names.slice(i, i + 100).map((name) => env.BUCKET.put(`events/${name}`, body)));
  }
  await env.BUCKET.put("events/dt=2026-06-01/hour=00/notes.txt", "not a part");
  const first = await list();
  expect(first.next).not.toBeNull();
  const second = await list(first.next!);
  expect(second.next).toBeNull();
  expect([...first.parts, ...second.parts].map(({ name }) => name)).toEqual(names.sort());
});

test("an empty log is an empty list", async () => {
  expect(await list()).toEqual({ parts: [], next: null });
});

describe("the log is closed to", () => {
  const part = "dt=2026-06-01/hour=00/0badcafe-000000000001.ndjson.gz";
  const compact = ROUTES.compactLogs();

  test("whoever lacks the secret", async () => {
    for (const path of [ROUTES.logs(), ROUTES.logPart(part), ROUTES.metrics()]) {
      await expectError(await call(path), 401, "unauthorized");
      expect((await call(path)).headers.get("Access-Control-Allow-Origin")).toBeNull();
    }
    await expectError(await call(compact, { method: "POST" }), 401, "unauthorized");
  });

  test("names that are no part, absent parts, and keys of anything else in the bucket", async () => {
    await env.BUCKET.put("channels/stable.json", "{}");
    for (const name of [
      part,
      "dt=2026-06-01/hour=00/..%2F..%2F..%2Fchannels%2Fstable.json",
      "dt=x/hour=00/y",
      "a/b/%FF",
    ]) {
      await expectError(await publisher(ROUTES.logPart(name)), 404, "unknown_part");
    }
  });

  test("other methods, unknown queries and endless names", async () => {
    for (const path of [ROUTES.logs(), ROUTES.logPart(part), ROUTES.metrics()]) {
      const answer = await publisher(path, { method: "DELETE" });
      expect(answer.headers.get("Allow")).toBe("GET, HEAD");
      await expectError(answer, 405, "method_not_allowed");
      await expectError(await publisher(`${path}?before=1`), 400, "unknown_query");
    }
    await expectError(await publisher(compact), 405, "method_not_allowed");
    expect(await expectError(await publisher(ROUTES.logs("x".repeat(2_000))), 400, "too_long")).toBe("?after");
  });
});
