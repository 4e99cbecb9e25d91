/**
 * How much one workerd takes, and whether its memory stays: requests a second and latencies of `retrieve` over 100,000
 * items, of the manifest and of events, over loopback, while a fixed number of connections ask as fast as they are
 * answered. Load and workerd share the cores of this machine. The rival is a Node server that answers the same bytes and
 * does nothing for them. A wrong answer, an event that is not stored, or memory that grows fails the suite.
 *
 * Without the event queue, so that 202 follows the insert: the local queue is a list in workerd's own memory, which takes more
 * than its consumer stores. Bucket and Durable Objects are wrangler's simulators; most of the manifest's time is theirs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROUTES, type RetrieveRequest } from "../shared/protocol.ts";
import type { Envelope } from "../shared/event.ts";
import { createUlid } from "../shared/ulid.ts";
import { type LocalEdge, startLocalEdge } from "../test/harness/local-edge.ts";
import { activateSmall, publishSmall } from "../test/harness/publish-small.ts";
import { readPrometheus } from "../test/harness/read-prometheus.ts";
import { seeded, type SmallRelease, smallRelease } from "../test/harness/small-release.ts";
import { timedTailRow } from "./harness/timings.ts";
import { startConstantServer } from "./load/constant-server.ts";
import { type Load, type LoadRequest, type LoadResult, runLoad } from "./load/closed-loop.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const ITEMS = 100_000;
const DIM = 64;
/** Requests in flight: more than the cores can work on, so that the server never waits for the load. */
const CONNECTIONS = 16;
const DURATION_MS = 30_000;
const QUICK_DURATION_MS = 5_000;
/** The rival has no memory to watch. */
const RIVAL_DURATION_MS = 10_000;
/**
 * A load runs before it is measured, in slices, until two in a row add next to nothing to the memory: without a limit the
 * engine lets its heaps grow to some hundred MB before it collects them in earnest. What fills them soonest comes first.
 */
const SLICE_MS = 4_000;
const QUICK_SLICE_MS = 1_000;
const FILL_SLICES = 12;
const CASE_SLICES = 5;
const SETTLED_SHARE = 0.02;
/** Requests that differ; they are sent in turn. */
const QUERIES = 64;
/** What the SDK asks: a taste and an intent, and its ten last likes. */
const VECTORS = 2;
const LIKED = 10;
const COUNT = 1_000;
/** A flush of a device that has scrolled for a while. */
const EVENTS = 20;
/** How far memory may rise from the start of a run to its end. A kilobyte a request would be far more. */
const GROWTH_SHARE = 0.15;
/** After the last 202 every event must be stored within this. */
const DRAIN_LIMIT_MS = 60_000;
const DRAIN_POLL_MS = 250;
const MS_PER_S = 1_000;
const MIB = 1024 * 1024;
const SECRET = "the publish secret of the load";

interface Case {
  readonly name: string;
  readonly status: number;
  next(number: number): LoadRequest;
  /** The least bytes of a good answer. */
  readonly leastBytes: number;
  /** What must be true of the edge afterwards. */
  checkAfter?(edge: LocalEdge): Promise<void>;
}

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const small = await smallRelease({ items: ITEMS, dim: DIM, seed });
  const state = await mkdtemp(join(tmpdir(), "nearfeed-load-"));
  const edge = await startLocalEdge({ state, secret: SECRET, queue: false });
  try {
    await publishSmall(edge, small);
    await activateSmall(edge, small.release.id, 0);
    const missing = { method: "GET", path: ROUTES.blob("0".repeat(64)) } as const;
    const fill = { url: edge.url, connections: CONNECTIONS, next: () => missing, check: () => undefined };
    await settle(edge, (durationMs) => runLoad({ ...fill, durationMs }), { quick, slices: FILL_SLICES });
    yield* measure(edge, manifestCase(), { quick, seed });
    yield* measure(edge, retrieveCase(small, seed), { quick, seed });
    yield* measure(edge, eventsCase(small, seed), { quick, seed });
  } finally {
    await edge.stop();
    await rm(state, { recursive: true });
  }
}

async function* measure(edge: LocalEdge, asked: Case, { quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const durationMs = quick ? QUICK_DURATION_MS : DURATION_MS;
  let answer: Buffer = Buffer.alloc(0);
  let numbers = 0;
  const loadOf = (url: string, ms: number): Load => ({
    url,
    connections: CONNECTIONS,
    durationMs: ms,
    next: () => asked.next(numbers++),
    check(status, body) {
      if (status !== asked.status || body.length < asked.leastBytes) {
        throw new Error(`${asked.name}: HTTP ${status} with ${body.length} bytes: ${body.subarray(0, 300).toString()}`);
      }
      answer = body;
    },
  });
  await settle(edge, (ms) => runLoad(loadOf(edge.url, ms)), { quick, slices: CASE_SLICES });
  const start = await edge.residentBytes();
  const [middle, result] = await Promise.all([
    sleep(durationMs / 2).then(() => edge.residentBytes()),
    runLoad(loadOf(edge.url, durationMs)),
  ]);
  const resident = { start, middle, end: await edge.residentBytes() };
  yield* rowsOf(asked.name, result, { seed });
  for (const [when, bytes] of Object.entries(resident)) {
    yield { id: `load-${asked.name}-resident-${when}`, unit: "MiB", value: Math.round(bytes / MIB), seed };
  }
  // A quick run is over before memory has settled.
  if (!quick && resident.end > start * (1 + GROWTH_SHARE)) {
    throw new Error(`${asked.name}: memory grew: ${JSON.stringify(resident)}`);
  }
  await asked.checkAfter?.(edge);
  const rival = await startConstantServer(asked.status, answer);
  try {
    await runLoad(loadOf(rival.url, QUICK_SLICE_MS));
    const variant = "node-same-bytes";
    yield* rowsOf(asked.name, await runLoad(loadOf(rival.url, quick ? QUICK_DURATION_MS : RIVAL_DURATION_MS)), {
      seed,
      variant,
    });
  } finally {
    await rival.stop();
  }
}

/** Runs the load until memory has settled. */
async function settle(
  edge: LocalEdge,
  load: (ms: number) => Promise<unknown>,
  { quick, slices }: { quick: boolean; slices: number },
): Promise<void> {
  if (quick) return void (await load(QUICK_SLICE_MS));
  let [before, calm] = [0, 0];
  for (let slice = 0; slice < slices && calm < 2; slice++) {
    await load(SLICE_MS);
    const now = await edge.residentBytes();
    calm = now < before * (1 + SETTLED_SHARE) ? calm + 1 : 0;
    before = now;
  }
}

function* rowsOf(
  name: string,
  { latencies, elapsedMs }: LoadResult,
  row: Pick<Row, "seed" | "variant">,
): Iterable<Row> {
  const note = `${CONNECTIONS} connections`;
  yield timedTailRow({ ...row, id: `load-${name}`, unit: "ms", note }, latencies);
  const value = Math.round((latencies.length / elapsedMs) * MS_PER_S);
  yield { ...row, id: `load-${name}-rate`, unit: "requests/s", value };
}

/** Every event that was answered 202 is stored, and in the log once nothing waits any more. */
async function checkStored({ url }: LocalEdge, expected: number): Promise<void> {
  const deadline = performance.now() + DRAIN_LIMIT_MS;
  for (;;) {
    const answer = await fetch(url + ROUTES.metrics(), { headers: { Authorization: `Bearer ${SECRET}` } });
    const families = readPrometheus(await answer.text());
    const valueOf = (name: string) => families.get(name)?.samples[0]?.value;
    const [stored, waiting] = [valueOf("nearfeed_events_stored_total"), valueOf("nearfeed_events_waiting")];
    if (stored === expected && waiting === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`${expected} events were accepted, ${stored} stored, and ${waiting} of them wait to be written`);
    }
    await sleep(DRAIN_POLL_MS);
  }
}

function retrieveCase({ release, ids }: SmallRelease, seed: number): Case {
  const random = seeded(seed);
  const vector = () => Array.from({ length: DIM }, () => random() - 0.5);
  const bodies = Array.from({ length: QUERIES }, () => {
    const items = Array.from({ length: LIKED }, () => ids[Math.floor(random() * ids.length)]!);
    const queries = Array.from({ length: VECTORS }, vector);
    const body: RetrieveRequest = { space: release.space, queries, count: COUNT, items, catalog: true };
    return JSON.stringify(body);
  });
  const path = ROUTES.retrieve(release.id);
  return {
    name: "retrieve-100k",
    status: 200,
    leastBytes: COUNT * DIM,
    next: (number) => ({ method: "POST", path, body: bodies[number % QUERIES]! }),
  };
}

function manifestCase(): Case {
  return {
    name: "manifest",
    status: 200,
    leastBytes: 500,
    next: () => ({ method: "GET", path: ROUTES.manifest("stable") }),
  };
}

function eventsCase({ release, ids }: SmallRelease, seed: number): Case {
  const random = seeded(seed);
  let requests = 0;
  const nextId = createUlid(Date.now, random);
  return {
    name: `events-${EVENTS}`,
    status: 202,
    leastBytes: EVENTS,
    checkAfter: (edge) => checkStored(edge, requests * EVENTS),
    next() {
      requests++;
      const events = Array.from({ length: EVENTS }, (_, position) => {
        const item = ids[Math.floor(random() * ids.length)]!;
        return { id: nextId(), type: "impression" as const, item, at: Date.now(), list: "load", position };
      });
      const envelope: Envelope = { v: 1, key: "dev", release: release.id, surface: "home", events };
      return { method: "POST", path: ROUTES.events(), body: JSON.stringify(envelope) };
    },
  };
}
