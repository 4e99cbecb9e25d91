import { createExecutionContext, reset, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { logKeeper } from "../../edge/events/log-keeper.ts";
import { formatMetrics } from "../../edge/metrics/prometheus.ts";
import { createRequestMetrics } from "../../edge/metrics/request-metrics.ts";
import { toBase64url } from "../../shared/base64url.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { readPrometheus } from "../harness/read-prometheus.ts";
import { smallRelease } from "../harness/small-release.ts";
import { goLive, ORIGIN, runAlarms } from "./edge.ts";
import { HEAD, likes, person } from "./people.ts";

beforeEach(reset);

const { EVENT_QUEUE: _, ...withoutQueue } = env;

/** An edge of its own, whose counters stand at zero, on a clock that the test moves. */
function freshEdge(bindings: EdgeEnv = withoutQueue) {
  const clock = { now: Date.now() };
  const edge = createEdge({ now: () => clock.now });
  const call = (path: string, init: RequestInit = {}) =>
    edge.fetch(new Request(ORIGIN + path, init), bindings, createExecutionContext());
  const scrape = async () => {
    const answer = await call(ROUTES.metrics(), { headers: { Authorization: `Bearer ${env.PUBLISH_SECRET}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const text = await answer.text();
    return { text, families: readPrometheus(text) };
  };
  /** Values of a family by one of its labels. */
  const valuesOf = async (name: string, label: string) =>
    Object.fromEntries(
      (await scrape()).families.get(name)?.samples.map((each) => [each.labels[label], each.value]) ?? [],
    );
  const valueOf = async (name: string) => (await scrape()).families.get(name)?.samples[0]?.value;
  return { clock, call, scrape, valuesOf, valueOf };
}

function body(value: unknown): RequestInit {
  return { method: "POST", body: JSON.stringify(value) };
}

describe("the metrics of requests", () => {
  test("count answers by route and class of status, whatever the path says", async () => {
    const { call, scrape } = freshEdge();
    await call("/healthz");
    await call("/healthz");
    await call("/healthz", { method: "PUT" });
    await call(`/v1/blobs/${"a".repeat(64)}`);
    await call(`/v1/blobs/${"b".repeat(64)}`);
    await call("/v1/private-name/nowhere/at/all");
    await call("/healthz", { method: "PATCH" });
    const { families, text } = await scrape();
    const counted = families
      .get("nearfeed_requests_total")!
      .samples.map(({ labels, value }) => [labels["route"], labels["status"], value]);
    expect(counted).toEqual([
      ["GET /healthz", "2xx", 2],
      ["PUT /healthz", "4xx", 1],
      ["GET /v1/blobs/:sha256", "4xx", 2],
      ["none", "4xx", 1],
      ["other /healthz", "4xx", 1],
    ]);
    expect(text).not.toContain("private-name");
    expect(text).not.toContain("aaaa");
  });

  test("count errors by code, also those that no handler threw", async () => {
    const { call, valuesOf } = freshEdge();
    await call("/v1/manifest?channel=none");
    await call("/healthz?x=1");
    await call("/nowhere");
    await call("/healthz", { method: "PUT" });
    await call("/v1/events", body({ ...HEAD, v: 2, events: [] }));
    await call(ROUTES.metrics());
    expect(await valuesOf("nearfeed_errors_total", "code")).toEqual({
      unknown_channel: 1,
      unknown_query: 1,
      not_found: 1,
      method_not_allowed: 1,
      wrong_version: 1,
      unauthorized: 1,
    });
  });

  test("have a histogram of the time to an answer", async () => {
    const metrics = createRequestMetrics(() => "isolate");
    for (const elapsedMs of [0, 1, 3, 700, 20_000]) {
      metrics.request({ method: "GET", pattern: "/healthz", status: 200, elapsedMs });
    }
    const { samples } = readPrometheus(formatMetrics(metrics.families())).get("nearfeed_request_duration_seconds")!;
    const at = Object.fromEntries(samples.map(({ name, labels, value }) => [labels["le"] ?? name, value]));
    expect(at).toMatchObject({ "0.001": 2, "0.0025": 2, "0.005": 3, "0.5": 3, "1": 4, "10": 4, "+Inf": 5 });
    expect(at["nearfeed_request_duration_seconds_sum"]).toBeCloseTo(20.704, 6);
    expect(at["nearfeed_request_duration_seconds_count"]).toBe(5);
  });

  test("belong to one isolate, and every series says to which", async () => {
    const [one, two] = [freshEdge(), freshEdge()];
    await one.call("/healthz");
    const isolates = async (edge: typeof one) =>
      new Set(
        (await edge.scrape()).families.get("nearfeed_event_verdicts_total")!.samples.map((s) => s.labels["isolate"]),
      );
    const [a, b] = [await isolates(one), await isolates(two)];
    expect([a.size, b.size]).toEqual([1, 1]);
    expect(a).not.toEqual(b);
    expect(await two.valuesOf("nearfeed_requests_total", "route")).not.toHaveProperty(["GET /healthz"]);
  });
});

describe("the metrics of events", () => {
  test("count accepted and refused, stored and duplicate, parts and what waits", async () => {
    const edge = freshEdge();
    const events = likes(20);
    for (let i = 0; i < 2; i++) await edge.call("/v1/events", body({ ...HEAD, events: [...events, { type: "no" }] }));
    expect(await edge.valuesOf("nearfeed_event_verdicts_total", "verdict")).toEqual({ accepted: 40, refused: 2 });
    expect(await edge.valueOf("nearfeed_events_stored_total")).toBe(20);
    expect(await edge.valueOf("nearfeed_events_duplicate_total")).toBe(20);
    expect(await edge.valueOf("nearfeed_events_waiting")).toBe(20);
    expect(await edge.valueOf("nearfeed_log_parts_written_total")).toBe(0);
    await runAlarms();
    expect(await edge.valueOf("nearfeed_events_waiting")).toBe(0);
    const { objects } = await env.BUCKET.list({ prefix: "events/" });
    expect(await edge.valueOf("nearfeed_log_parts_written_total")).toBe(objects.length);
  });

  test("count what is the same for every isolate in one place", async () => {
    await freshEdge().call("/v1/events", body({ ...HEAD, events: likes(7) }));
    expect(await freshEdge().valueOf("nearfeed_events_stored_total")).toBe(7);
  });

  test("follow a deletion request from waiting to done", async () => {
    const edge = freshEdge();
    const { token, subject } = await person(1);
    const events = likes(9);
    await edge.call("/v1/events", body({ ...HEAD, subject, events }));
    await runAlarms();
    await edge.call("/v1/forget", body({ token: toBase64url(token) }));
    await edge.call("/v1/events", body({ ...HEAD, subject, events: likes(2) }));
    expect(await edge.valueOf("nearfeed_events_dropped_total")).toBe(2);
    expect(await edge.valueOf("nearfeed_deletion_requests_waiting")).toBe(1);
    while (await runDurableObjectAlarm(logKeeper(env.LOG_KEEPER)));
    expect(await edge.valueOf("nearfeed_deletion_requests_waiting")).toBe(0);
    expect(await edge.valueOf("nearfeed_deletion_requests_done_total")).toBe(1);
    expect(await edge.valueOf("nearfeed_log_events_deleted_total")).toBe(9);
  });

  test("follow what trends and what was changed in the catalogue", async () => {
    await goLive(await smallRelease());
    const edge = freshEdge();
    const secret = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };
    await edge.call("/v1/events", body({ ...HEAD, events: likes(6) }));
    expect(await edge.valueOf("nearfeed_trending_waiting")).toBe(6);
    await runAlarms();
    expect(await edge.valueOf("nearfeed_trending_waiting")).toBe(0);
    const items = ["a", "b"].map((id) => ({ id, categories: ["Drama"] }));
    await edge.call(ROUTES.items(), { method: "PUT", headers: secret, body: JSON.stringify(items) });
    await edge.call(ROUTES.item("item-1"), { method: "DELETE", headers: secret });
    expect(await edge.valueOf("nearfeed_live_items")).toBe(2);
    expect(await edge.valueOf("nearfeed_tombstones")).toBe(1);
  });

  test("say when the store is away, and still tell of requests", async () => {
    const away = { idFromName: () => "id", get: () => ({ counted: () => Promise.reject(new Error("away")) }) };
    const edge = freshEdge({ ...withoutQueue, EVENT_STORE: away as unknown as EdgeEnv["EVENT_STORE"] });
    await edge.call("/healthz");
    expect(await edge.valueOf("nearfeed_event_store_up")).toBe(0);
    expect(await edge.valuesOf("nearfeed_requests_total", "route")).toHaveProperty(["GET /healthz"], 1);
    expect(await freshEdge().valueOf("nearfeed_event_store_up")).toBe(1);
  });
});

test("no label and no line says anything of a person, a vector or an item", async () => {
  const small = await smallRelease();
  await goLive(small);
  const { call, scrape } = freshEdge();
  const { subject } = await person(1);
  await call("/v1/events", body({ ...HEAD, subject, language: "de", events: likes(3) }));
  await call(
    `/v1/${small.release.id}/retrieve`,
    body({ space: "test-space", queries: [[0.123456, 0, 0, 0, 0, 0, 0, 1]], count: 3 }),
  );
  await call(`/v1/${subject}/start`);
  const { text, families } = await scrape();
  for (const secret of [subject, "item-", "0.123456", small.release.id, "home", "test-space", '"de"']) {
    expect(text).not.toContain(secret);
  }
  const labels = new Set(
    [...families.values()].flatMap(({ samples }) => samples.flatMap((s) => Object.keys(s.labels))),
  );
  expect(labels).toEqual(new Set(["isolate", "route", "status", "code", "le", "verdict"]));
});

test("a label is escaped as the format asks", () => {
  const text = formatMetrics([
    {
      name: "a_total",
      type: "counter",
      help: "A.",
      samples: [{ labels: { route: 'back\\slash "quote"\nline' }, value: 1 }],
    },
    { name: "none_total", type: "counter", help: "Left out.", samples: [] },
  ]);
  expect(text).toBe('# HELP a_total A.\n# TYPE a_total counter\na_total{route="back\\\\slash \\"quote\\"\\nline"} 1\n');
  expect(readPrometheus(text).get("a_total")!.samples[0]!.labels).toEqual({ route: 'back\\slash "quote"\nline' });
});
