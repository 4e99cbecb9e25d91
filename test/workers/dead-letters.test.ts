import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { DeadLetter, EdgeEnv, EventMessage } from "../../edge/index.ts";
import { toBase64url } from "../../shared/base64url.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { readPrometheus } from "../harness/read-prometheus.ts";
import { knownEvents, post, publisher } from "./edge.ts";
import { likes, person } from "./people.ts";

beforeEach(reset);
afterEach(() => vi.restoreAllMocks());

const SENT = new Date(Date.UTC(2026, 5, 1, 12));

function message(count: number, subject?: string): EventMessage {
  const head = { release: "r", surface: "s", ...(subject !== undefined && { subject }) };
  return { v: 1, head, received: Date.now(), events: likes(count) };
}

/** A batch, and what became of each of its messages. */
function batchOf(bodies: readonly unknown[], { queue = "nearfeed-events", attempts = 1 } = {}) {
  const fates: ("acked" | "again" | undefined)[] = bodies.map(() => undefined);
  const messages = bodies.map((body, i) => ({
    id: `message-${i}`,
    timestamp: SENT,
    attempts,
    body,
    ack: () => (fates[i] = "acked"),
    retry: () => (fates[i] = "again"),
  }));
  return { batch: { queue, messages } as unknown as MessageBatch, fates };
}

async function deadLetters(): Promise<Map<string, DeadLetter>> {
  const { objects } = await env.BUCKET.list({ prefix: "dead/" });
  const letters = objects.map(async ({ key }) => [key, await (await env.BUCKET.get(key))!.json<DeadLetter>()] as const);
  return new Map(await Promise.all(letters));
}

const edge = createEdge();
const away = {
  idFromName: () => "id",
  get: () => ({
    insert: () => Promise.reject(new Error("away")),
    hasForgotten: () => Promise.reject(new Error("away")),
  }),
} as unknown as EdgeEnv["EVENT_STORE"];

describe("a message that is none of ours", () => {
  test.each([
    ["another version", { ...message(1), v: 2 }, "wrong_version at v"],
    ["no object", "text", "wrong_type at the message"],
    ["nothing", null, "wrong_type at the message"],
    ["an event that is none", { ...message(0), events: [{ type: "adore" }] }, "bad_value at events[0].type"],
    ["an unknown field", { ...message(1), extra: 1 }, "unknown_field at extra"],
  ])("(%s) is set aside with the reason, and the rest of its batch is stored", async (_, body, problem) => {
    const { batch, fates } = batchOf([message(3), body, message(4)]);
    await edge.queue(batch, env);
    expect(fates).toEqual(["acked", "acked", "acked"]);
    expect(await knownEvents()).toBe(7);
    const letters = await deadLetters();
    expect([...letters.keys()]).toEqual(["dead/dt=2026-06-01/message-1.json"]);
    expect([...letters.values()]).toMatchObject([
      { reason: "malformed", problem, queue: "nearfeed-events", attempts: 1, events: 0, message: body },
    ]);
  });

  test("comes again while the bucket is away, and is not lost", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const BUCKET = { put: () => Promise.reject(new Error("away")) } as unknown as R2Bucket;
    const { batch, fates } = batchOf(["text", message(2)]);
    await edge.queue(batch, { ...env, BUCKET });
    expect(fates).toEqual(["again", "acked"]);
  });
});

describe("a batch that cannot be stored", () => {
  test("comes again whole", async () => {
    const { batch, fates } = batchOf([message(1), message(1)]);
    await expect(edge.queue(batch, { ...env, EVENT_STORE: away })).rejects.toThrow("away");
    expect(fates).toEqual([undefined, undefined]);
    await edge.queue(batch, env);
    expect(fates).toEqual(["acked", "acked"]);
    expect(await knownEvents()).toBe(2);
  });

  test("because of one message holds up no other for long", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const poison = message(2);
    const stores = {
      idFromName: (name: string) => env.EVENT_STORE.idFromName(name),
      get: (id: DurableObjectId) => ({
        insert: (events: { id: string }[]) =>
          events.some((event) => poison.events.some((each) => each.id === event.id))
            ? Promise.reject(new Error("poison"))
            : env.EVENT_STORE.get(id).insert(events as never),
      }),
    } as unknown as EdgeEnv["EVENT_STORE"];
    const bodies = [message(2), poison, message(2)];
    const first = batchOf(bodies);
    await expect(edge.queue(first.batch, { ...env, EVENT_STORE: stores })).rejects.toThrow("poison");
    const third = batchOf(bodies, { attempts: 3 });
    await edge.queue(third.batch, { ...env, EVENT_STORE: stores });
    expect(third.fates).toEqual(["acked", "again", "acked"]);
    expect(await knownEvents()).toBe(4);
  });
});

describe("what the queue gave up on", () => {
  const queue = "nearfeed-events-dead";

  test("is set aside whole, once however often it comes, and seen in the metrics", async () => {
    const body = message(5);
    for (let i = 0; i < 2; i++) {
      const { batch, fates } = batchOf([body, "text"], { queue });
      await edge.queue(batch, env);
      expect(fates).toEqual(["acked", "acked"]);
    }
    const letters = await deadLetters();
    expect([...letters.values()]).toMatchObject([
      { reason: "undeliverable", queue, events: 5, message: body },
      { reason: "undeliverable", queue, events: 0, message: "text" },
    ]);
    expect(await knownEvents()).toBe(0);
    const metrics = readPrometheus(await (await publisher(ROUTES.metrics())).text());
    expect(metrics.get("nearfeed_dead_letters")!.samples[0]!.value).toBe(2);
  });

  test("is kept although the store is away, which is why it came", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { batch, fates } = batchOf([message(5, "somebody")], { queue });
    await edge.queue(batch, { ...env, EVENT_STORE: away });
    expect(fates).toEqual(["again"]); // whether somebody was forgotten could not be asked
    expect((await deadLetters()).size).toBe(1);
  });

  test("is not kept of somebody who was forgotten", async () => {
    const { token, subject } = await person(1);
    await post("/v1/forget", { token: toBase64url(token) });
    const { batch, fates } = batchOf([message(5, subject), message(1, "other")], { queue });
    await edge.queue(batch, env);
    expect(fates).toEqual(["acked", "acked"]);
    expect([...(await deadLetters()).values()].map(({ events }) => events)).toEqual([1]);
  });

  test("says nothing of itself in a log line", async () => {
    const lines: unknown[] = [];
    vi.spyOn(console, "error").mockImplementation((...line: unknown[]) => void lines.push(...line));
    const BUCKET = { put: (key: string) => Promise.reject(new Error(key)) } as unknown as R2Bucket;
    const { batch } = batchOf([message(1, "private-subject")], { queue });
    await edge.queue(batch, { ...env, BUCKET });
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain("private-subject");
    expect(lines.join()).not.toContain("message-0");
  });
});

test("a message that nobody can store goes through the real queues and ends under dead/", async () => {
  await env.EVENT_QUEUE!.send({ v: 7, events: [] } as unknown as EventMessage, {
    contentType: "json",
  });
  await vi.waitUntil(async () => (await deadLetters()).size === 1, { timeout: 10_000, interval: 100 });
  expect([...(await deadLetters()).values()]).toMatchObject([
    { reason: "malformed", problem: "wrong_version at v", queue: "nearfeed-events" },
  ]);
}, 15_000);
