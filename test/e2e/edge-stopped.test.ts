// An edge of its own, which the tests stop: what was accepted is in the log, and the page lives on without it.
// The tests of this file build on each other, in this order.
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeepSession } from "../../client-sdk/ort.ts";
import type { Envelope } from "../../shared/event.ts";
import { ROUTES, type EventsAnswer } from "../../shared/protocol.ts";
import { createUlid } from "../../shared/ulid.ts";
import { startDevStack, type DevStack } from "../harness/dev-stack.ts";
import { launchChromium, openDemo, type Demo } from "../harness/demo-page.ts";
import { fetchManifest, openEdgeRelease, shownOf, type EdgeRelease } from "../harness/edge-release.ts";
import { readEventLog } from "../harness/local-bucket.ts";
import { openNodeDeep } from "./node-deep.ts";
import { ownState } from "./own-state.ts";

/** A queue of one second, a store that gathers for five, and room. */
const DRAIN_MS = 12_000;

let folder: string;
let stack: DevStack;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let demo: Demo;
let release: EdgeRelease;
let deep: DeepSession;
const accepted = new Set<string>();

beforeAll(async () => {
  folder = await ownState();
  stack = await startDevStack({ state: folder });
  await stack.deepReady();
  release = await openEdgeRelease(stack.url, (await fetchManifest(stack.url)).release);
  deep = await openNodeDeep(stack.url, release.release);
  browser = await launchChromium();
  demo = await openDemo(browser, stack.url);
  await demo.reach("deep");
});
afterAll(async () => {
  await browser?.close();
  await deep?.release();
  await stack?.kill();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("a batch sent twice is accepted twice", async () => {
  const nextId = createUlid(Date.now, Math.random);
  const items = release.table.ids.slice(0, 20);
  const events = items.map((item) => ({ id: nextId(), type: "like" as const, item, at: Date.now() }));
  const envelope: Envelope = { v: 1, key: "dev", release: release.release.id, surface: "home", events };
  for (let i = 0; i < 2; i++) {
    const answer = await fetch(stack.url + ROUTES.events(), { method: "POST", body: JSON.stringify(envelope) });
    expect(answer.status).toBe(202);
    expect(((await answer.json()) as EventsAnswer).accepted).toBe(events.length);
  }
  for (const { id } of events) accepted.add(id);
});

test("the page sends its events at full", async () => {
  await demo.consent("full");
  const answer = demo.page
    .context()
    .waitForEvent("response", (each) => each.url().endsWith("/v1/events") && each.status() === 202);
  await demo.press("like");
  const like = (await demo.storedEvents()).findLast(({ type }) => type === "like")!;
  const envelope = JSON.parse((await answer).request().postData()!) as Envelope;
  expect(envelope.events.map(({ id }) => id)).toContain(like.id);
  for (const { id } of envelope.events) accepted.add(id);
  // It stays at full: taking the consent back would have the edge forget what was just sent.
});

test("with the edge killed, the order after a like is the one that Node computes from the exported events", async () => {
  await demo.installed();
  // First let the queue drain: what the edge's local queue still holds dies with it.
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
  await stack.kill();
  await expect(fetch(stack.url)).rejects.toThrow();
  await demo.press("like");
  await demo.press("skip");
  await demo.press("like");
  await expectOrderOfNode();
});

test("the page reloads without the edge, and still knows the person", async () => {
  const before = (await demo.storedEvents()).length;
  await demo.page.reload();
  await demo.page.waitForSelector("#queue .row");
  await demo.reach("deep");
  expect((await demo.storedEvents()).length).toBeGreaterThanOrEqual(before);
  await demo.press("like");
  await expectOrderOfNode();
});

test("every event that was answered 202 is in the log, and each only once", async () => {
  const { keys, lines } = await readEventLog(folder);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) expect(key).toMatch(/^events\/dt=\d{4}-\d\d-\d\d\/hour=\d\d\/[\w-]+\.ndjson\.gz$/);
  const ids = lines.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...accepted].filter((id) => !ids.includes(id))).toEqual([]);
  expect(lines.filter((line) => "key" in line)).toEqual([]);
});

async function expectOrderOfNode(): Promise<void> {
  const events = await demo.storedEvents();
  const now = events.findLast(({ type }) => type === "like")!.at;
  const shown = shownOf(events);
  expect(shown.at(-1)).toBe(await demo.current());
  const drawn = await demo.queue();
  expect(drawn).toEqual((await release.order(events, { now, count: 21, shown, drawn, deep })).slice(0, 20));
}
