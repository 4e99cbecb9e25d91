// What the edge writes to its log, whatever people send it and however much of it is broken: no line names an event, an
// item, a person or a query vector.

import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { logLine } from "../../edge/http/answers.ts";
import { logKeeper } from "../../edge/events/log-keeper.ts";
import { toBase64url } from "../../shared/base64url.ts";
import { createUlid } from "../../shared/ulid.ts";
import { seeded, smallRelease } from "../harness/small-release.ts";
import { goLive, ORIGIN, runAlarms } from "./edge.ts";
import { person } from "./people.ts";

const METHODS = ["log", "info", "warn", "error", "debug", "trace"] as const;
const STEPS = 150;

/** A binding that fails on every call, and quotes what it was given. */
function failing<T>(): T {
  const fail = (...given: unknown[]) => Promise.reject(new Error(`cannot take\n    at ${JSON.stringify(given)}`));
  const stub = new Proxy({}, { get: () => fail });
  return new Proxy(
    {},
    { get: (_, name) => (name === "idFromName" ? String : name === "get" ? () => stub : fail) },
  ) as T;
}

test("no line of the log names an event, an item, a person or a query vector", async () => {
  await reset();
  const small = await smallRelease();
  await goLive(small);
  const { id } = small.release;
  const lines: string[] = [];
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...given: unknown[]) => {
      lines.push(
        given.map((each) => (typeof each === "string" ? each : (JSON.stringify(each) ?? String(each)))).join(" "),
      );
    });
  }
  const random = seeded(11);
  const ulid = createUlid(() => Date.now(), random);
  const whole: EdgeEnv = { ...env };
  const bucketless = {
    get: failing<R2Bucket>().get,
    head: () => Promise.reject(new Error("bucket")),
    list: failing<R2Bucket>().list,
  };
  const broken: Partial<EdgeEnv>[] = [
    {},
    { EVENT_QUEUE: undefined },
    { EVENT_QUEUE: failing() },
    { EVENT_QUEUE: undefined, EVENT_STORE: failing() },
    { BUCKET: bucketless as unknown as R2Bucket },
    { LOG_KEEPER: failing() },
    { LIMIT_POSTS: failing() },
  ];
  /** All that must not be found. */
  const secret = new Set<string>();
  const keep = <T extends string>(value: T): T => (secret.add(value), value);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

  for (let step = 0; step < STEPS; step++) {
    const { token, subject } = await person(step);
    keep(subject);
    const item = keep(`thing-${step}-of-somebody`);
    const query = Array.from({ length: 8 }, () => random() * 2 - 1);
    for (const value of query) keep(String(value).slice(0, 12));
    const event = { id: keep(ulid()), type: "like", item, at: Date.now() };
    const envelope = { v: 1, key: "dev", release: id, surface: "home", subject, events: [event] };
    const [path, body] = pick<[string, unknown]>([
      ["/v1/events", envelope],
      ["/v1/events", { ...envelope, events: [{ ...event, type: item }, { ...event, extra: item }, item] }],
      ["/v1/events", { ...envelope, [subject]: query }],
      ["/v1/events", `${JSON.stringify(envelope)}\n    at ${subject}`],
      [`/v1/${id}/retrieve`, { space: "test-space", queries: [query], items: [item], count: 5 }],
      [`/v1/${id}/retrieve`, { space: subject, queries: [query.slice(1)], items: [item, 1], count: 5 }],
      [`/v1/${id}/similar/${item}`, undefined],
      ["/v1/forget", { token: keep(toBase64url(token)) }],
      ["/v1/forget", { token: `${toBase64url(token)}x` }],
    ]);
    const request = new Request(ORIGIN + path, {
      headers: { "CF-Connecting-IP": keep(`198.51.100.${step}`), "User-Agent": subject },
      ...(body !== undefined && { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    // A new one each time: one that runs holds its release in memory, and asks the bucket for nothing.
    const edge = createEdge();
    await (await edge.fetch(request, { ...whole, ...pick(broken) }, createExecutionContext())).arrayBuffer();
    const bodyOfMessage = pick<unknown>([
      { v: 1, head: { subject, release: id, surface: "home" }, received: Date.now(), events: [event] },
      { v: 1, head: { subject }, events: [{ ...event, type: item }] },
      `${subject}\n    at ${item}`,
    ]);
    const message = { id: "m", timestamp: new Date(), attempts: 5, body: bodyOfMessage, ack() {}, retry() {} };
    const batch = { queue: pick(["nearfeed-events", "nearfeed-events-dead"]), messages: [message] };
    await edge.queue(batch as unknown as MessageBatch, { ...whole, ...pick(broken) }).catch(() => undefined);
  }
  await runAlarms();
  // A part that is no gzip: its text must not be told either.
  const part = "events/dt=2026-06-01/hour=12/00000000-000000000000.ndjson.gz";
  await env.BUCKET.put(part, JSON.stringify([...secret]));
  for (let done = false; !done;) ({ done } = await logKeeper(env.LOG_KEEPER).compact());

  expect(secret.size).toBeGreaterThan(10 * STEPS);
  const routes = new Set(lines.flatMap((line) => /"route":"([^"]+)"/.exec(line)?.[1] ?? []));
  // Lines were written, of everything that can fail, or there was nothing to look through.
  expect([...routes]).toEqual(
    expect.arrayContaining(["POST /v1/events", "POST /v1/forget", "POST /v1/:release/retrieve", "queue", "compact"]),
  );
  for (const line of lines) for (const value of secret) expect(line).not.toContain(value);
}, 60_000);

test("a line says what kind of error it was and where, and nothing of its message", () => {
  const error = new TypeError("cannot take\n    at item-7 (of somebody)\nnor item-8");
  const line = JSON.parse(logLine(error, "GET /x")) as { frames: string[] };
  expect(line).toMatchObject({ code: "internal", route: "GET /x", name: "TypeError" });
  expect(line.frames.length).toBeGreaterThan(0);
  expect(line.frames[0]).toContain("log-lines.test");
  expect(JSON.stringify(line)).not.toMatch(/item-|somebody/);
});
