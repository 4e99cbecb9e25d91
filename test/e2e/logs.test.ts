// The way of an event from a device to the trainer: posted to a real edge, through its queue and store into the bucket,
// pulled by the command, read by what `nearfeed train` reads with. And the way of a request to delete, over the same ground.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toBase64url } from "../../shared/base64url.ts";
import type { Event } from "../../shared/event.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { subjectOf } from "../../shared/subject.ts";
import { createUlid } from "../../shared/ulid.ts";
import { type EdgeProcess, startEdge } from "../../trainer/dev/edge-process.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { digest } from "../../trainer/runtime.ts";
import { freePort, ROOT } from "../harness/dev-stack.ts";
import { readPrometheus } from "../harness/read-prometheus.ts";
import { seeded } from "../harness/small-release.ts";
import { nearfeed } from "../harness/nearfeed.ts";

const SECRET = "the-secret-of-this-test";
/** The queue waits a second, the store five. */
const FLUSH_LIMIT_MS = 30_000;

const ulid = createUlid(() => Date.now(), seeded(11));
const people = await Promise.all(
  [1, 2, 3].map(async (number) => {
    const token = new Uint8Array(32).fill(number);
    return { token, subject: await subjectOf(token, digest) };
  }),
);

let state: string;
let folder: string;
let edge: EdgeProcess;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "nearfeed-logs-"));
  folder = join(state, "logs");
  edge = await start();
});
afterAll(async () => {
  await edge?.stop();
  await rm(state, { recursive: true, force: true });
});

async function start(): Promise<EdgeProcess> {
  const signal = AbortSignal.timeout(60_000);
  return startEdge({ root: ROOT, port: await freePort(), state, secret: SECRET, signal });
}

/** One event of many kinds, so that the lines of the log differ in their fields. */
function eventOf(i: number): Event {
  const base = { id: ulid(), item: `item-${i}`, at: Date.now() - 100_000 + i };
  if (i % 3 === 0) return { ...base, type: "view", dwellMs: i };
  if (i % 3 === 1) return { ...base, type: "rating", value: 4, list: "l", position: i };
  return { ...base, type: "like" };
}

async function send(subject: string, events: readonly Event[]): Promise<void> {
  const body = JSON.stringify({ v: 1, key: "dev", subject, release: "r", surface: "home", events });
  const answer = await fetch(edge.url + ROUTES.events(), { method: "POST", body });
  expect(await answer.json()).toMatchObject({ accepted: events.length, refused: 0 });
}

async function metric(name: string): Promise<number> {
  const answer = await fetch(edge.url + ROUTES.metrics(), { headers: { Authorization: `Bearer ${SECRET}` } });
  return readPrometheus(await answer.text()).get(name)!.samples[0]!.value;
}

/** Waits until so many events were stored since the edge was made, and all of them are in the bucket. */
async function untilWritten(stored: number): Promise<void> {
  const progress = async () => [await metric("nearfeed_events_stored_total"), await metric("nearfeed_events_waiting")];
  await expect.poll(progress, { timeout: FLUSH_LIMIT_MS, interval: 250 }).toEqual([stored, 0]);
}

async function logs(...args: string[]): Promise<Record<string, number>> {
  const printed = await nearfeed(["logs", ...args, "--json"], { url: edge.url, secret: SECRET });
  const json = printed.split("\n").find((line) => line.startsWith("{"));
  return JSON.parse(json!) as Record<string, number>;
}

/** What the trainer reads, as "subject item"; it must have been there exactly once. */
async function trainable(): Promise<string[]> {
  const { dataset, report } = await readDataset({ events: [folder] });
  expect([report.duplicates, report.undone, report.events.bad]).toEqual([0, 0, 0]);
  const { start: begin, item } = dataset.events;
  return dataset.users
    .flatMap((user, u) =>
      Array.from(item.subarray(begin[u], begin[u + 1]), (row) => `${user} ${dataset.items[row]!.id}`),
    )
    .sort();
}

async function textsIn(place: string): Promise<string[]> {
  const names = (await readdir(place, { recursive: true })).filter((name) => name.endsWith(".gz"));
  return Promise.all(names.map(async (name) => gunzipSync(await readFile(join(place, name))).toString()));
}

const expected: string[] = [];
const linesOf = (subject: string, events: readonly Event[]) => events.map(({ item }) => `${subject} ${item}`);

test("what devices sent is pulled once and read once, also what they sent twice", async () => {
  for (const [number, { subject }] of people.entries()) {
    const events = Array.from({ length: 50 }, (_, i) => eventOf(number * 50 + i));
    await send(subject, events);
    await send(subject, events);
    expected.push(...linesOf(subject, events));
  }
  await untilWritten(150);
  const pulled = await logs("pull", folder);
  expect(pulled["parts"]).toBeGreaterThan(1);
  expect(pulled["fetched"]).toBe(pulled["parts"]);
  expect(await trainable()).toEqual(expected.sort());
});

test("a second pull fetches nothing, a later one only what is new", async () => {
  expect(await logs("pull", folder)).toMatchObject({ fetched: 0, removed: 0 });
  const before = (await textsIn(folder)).length;
  const events = Array.from({ length: 20 }, (_, i) => eventOf(1_000 + i));
  await send(people[0]!.subject, events);
  expected.push(...linesOf(people[0]!.subject, events));
  await untilWritten(170);
  const pulled = await logs("pull", folder);
  expect(pulled["fetched"]).toBe(pulled["parts"]! - before);
  expect(await trainable()).toEqual(expected.sort());
});

test("the log outlives the edge, and a pull into an empty folder brings the same bytes", async () => {
  await edge.stop();
  edge = await start();
  const again = join(state, "again");
  await logs("pull", again);
  expect((await textsIn(again)).sort()).toEqual((await textsIn(folder)).sort());
});

test("after a deletion request and a compaction nobody finds the person, here or there", async () => {
  const { token, subject } = people[1]!;
  const answer = await fetch(edge.url + ROUTES.forget(), {
    method: "POST",
    body: JSON.stringify({ token: toBase64url(token) }),
  });
  expect(answer.status).toBe(202);
  expect(await logs("compact")).toMatchObject({ requests: 1, events: 50, damaged: 0 });
  await logs("pull", folder);
  expect((await textsIn(folder)).join("")).not.toContain(subject);
  expect(await trainable()).toEqual(expected.filter((line) => !line.startsWith(subject)).sort());
  expect(await logs("compact")).toMatchObject({ requests: 0, parts: 0 });
});
