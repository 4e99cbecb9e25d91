/**
 * From requests to what is billed. What isolates and objects remember or gather for some seconds is reckoned by the rate
 * at which it is asked for (`renewals`); all else is a sum.
 */
import { BILLING } from "./prices.ts";
import type { Billed } from "./prices.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Measured, Work } from "./measured.ts";
import { EVENT_KINDS, REQUEST_KINDS } from "./workload.ts";
import type { RequestKind, Traffic } from "./workload.ts";

/** Where and for how long the traffic is served. */
export interface Place {
  readonly seconds: number;
  /** Isolates of the Worker that share the requests. */
  readonly isolates: number;
  /** Objects have isolates of their own; where all share one, as in a local workerd, they share what they remember. */
  readonly objectsApart: boolean;
  /** Share of cacheable requests that the Worker's cache answers. */
  readonly cacheHits: number;
  /** That hold the release; 0 where it is in the Worker. */
  readonly shards: number;
  /** Whether vectors are searched in Vectorize. */
  readonly vectorize: boolean;
}

/** What it comes to. Stored bytes are another matter: `storage.ts`. */
export interface Operations extends Record<Exclude<Billed, "objectGb" | "bucketGb" | "vectorsStored">, number> {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly queueMessages: number;
  /**
   * Milliseconds at work of the objects that keep events, all together, and of those that count what trends: no less than
   * what they compute, for it is what all of workerd computes on the way of an event. Waiting for a disk is not in it.
   */
  readonly storeMs: number;
  readonly trendingMs: number;
  /** Parts of the log that are written. */
  readonly parts: number;
}

/** Seconds that the edge keeps or gathers something, each where the code says so. */
export const KEPT_SECONDS = {
  /** `edge/retrieval/served.ts` */
  channels: 5,
  /** `edge/catalogue/live-view.ts` */
  live: 1,
  /** `edge/trending/read-trending.ts` */
  trending: 10,
  /** `edge/catalogue/release-items.ts` */
  releaseItems: 10,
  /** `edge/events/event-store.ts` */
  flush: 5,
  /** `wrangler.toml`: a batch of the queue, and how many messages it has at most. */
  batch: 1,
  batchMessages: 100,
} as const;

/** Objects that share the events and the lists (`edge/events/store-events.ts`, `edge/trending/votes.ts`). */
export const EVENT_SHARDS = 4;
export const TRENDING_SHARDS = 16;
const ROWS_A_PART = 10_000;
const ROWS_A_PASS = 1_000;

/** Requests that a cache may answer: the same for everybody. */
const CACHEABLE: ReadonlySet<RequestKind> = new Set(["manifest", "manifestUnchanged", "start", "blob", "pool", "rows"]);
/** Requests that look whether their release is served, and those that look at the live part of the catalogue. */
const CHECKED: readonly RequestKind[] = ["start", "pool", "rows", "retrieve"];
const LIVE: readonly RequestKind[] = ["manifest", "manifestUnchanged", "start", "retrieve"];
const TRENDING: readonly RequestKind[] = ["start", "retrieve"];

/** What traffic comes to in a place. */
export function operationsOf(traffic: Traffic, place: Place, catalogue: Catalogue, measured: Measured): Operations {
  const { seconds, isolates } = place;
  const ran = (kind: RequestKind) => traffic.requests[kind] * (CACHEABLE.has(kind) ? 1 - place.cacheHits : 1);
  const sumRan = (kinds: readonly RequestKind[]) => sum(kinds.map(ran));
  const sumCost = (cost: "bytesIn" | "bytesOut" | "bucketB" | "cpuMs", count: (kind: RequestKind) => number) =>
    sum(REQUEST_KINDS.map((kind) => count(kind) * measured.requests[kind][cost]));
  const renewed = (arrivals: number, keptSeconds: number, keepers = isolates) =>
    renewals(arrivals, { seconds, keptSeconds, keepers });

  const events = eventsOf(traffic, place, measured);
  const all = (kind: RequestKind) => traffic.requests[kind];
  const channelReads = renewed(sumRan(CHECKED), KEPT_SECONDS.channels);
  const states = renewed(sumRan(LIVE), KEPT_SECONDS.live);
  const regions = Math.max(1, traffic.regions);
  const tops = renewed(sumRan(TRENDING), KEPT_SECONDS.trending, isolates * regions);
  const inShards = sumRan(["start", "retrieve"]) * place.shards;
  const shardCalls = inShards * measured.sharded.callsAShard;
  const activeMs = events.storeMs + events.trendingMs + inShards * measured.requests.retrieve.cpuMs;
  return {
    requests: sum(REQUEST_KINDS.map(all)),
    bytesIn:
      sumCost("bytesIn", all) + sum(EVENT_KINDS.map((kind) => traffic.events[kind] * measured.events.bytesIn[kind])),
    bytesOut: sumCost("bytesOut", all) + traffic.fileBytes + events.count * measured.events.bytesOut,
    cpuMs:
      sumCost("cpuMs", ran) +
      scanMs(ran("retrieve"), place, catalogue, measured) +
      events.count * measured.events.cpuMs +
      events.trendingMs,
    queueMessages: traffic.requests.events,
    queueOperations: traffic.requests.events * BILLING.operationsAMessage * events.unitsAMessage,
    objectRequests: events.objectRequests + states + tops + events.states + shardCalls,
    objectGbSeconds: (activeMs / 1_000) * BILLING.objectGb,
    rowsRead: events.rowsRead + (states + events.states) * measured.state.rowsRead + tops * measured.top.rowsRead,
    rowsWritten: events.rowsWritten,
    bucketA: events.parts + channelReads + events.itemReads,
    bucketB: sumCost("bucketB", ran) + channelReads + events.itemReads,
    vectorsQueried: place.vectorize ? ran("retrieve") * VECTOR_QUERIES * catalogue.dim : 0,
    storeMs: events.storeMs,
    trendingMs: events.trendingMs,
    parts: events.parts,
  };
}

/** What a larger index than the measured one adds; elsewhere than in the Worker it is not the Worker's CPU. */
function scanMs(answers: number, place: Place, { items }: Catalogue, { scanMsAnItem, release }: Measured): number {
  return place.shards === 0 && !place.vectorize ? Math.max(0, answers * (items - release.items) * scanMsAnItem) : 0;
}

/** Two queries in sixteen namespaces (`docs/retrieval.md`). */
const VECTOR_QUERIES = 2 * 16;

/** Of the way from an envelope to the log, and to what trends. */
function eventsOf(traffic: Traffic, { seconds, objectsApart, shards }: Place, measured: Measured) {
  const { store, trending, requests } = measured;
  const envelopes = traffic.requests.events;
  const count = sum(EVENT_KINDS.map((kind) => traffic.events[kind]));
  if (envelopes === 0) return NO_EVENTS;
  const bytesIn = sum(EVENT_KINDS.map((kind) => traffic.events[kind] * measured.events.bytesIn[kind]));
  const messageBytes = requests.events.bytesIn + bytesIn / envelopes + BILLING.queueMessageBytes;
  const unitsAMessage = Math.ceil(messageBytes / BILLING.queueUnitBytes);
  // A batch is full, or it waits a second behind its first message.
  const inBatch = Math.min(KEPT_SECONDS.batchMessages, 1 + (envelopes / seconds) * KEPT_SECONDS.batch);
  const batches = envelopes / inBatch;
  const calls = batches * touched(EVENT_SHARDS, count / batches);
  const flushes = renewals(calls, { seconds, keptSeconds: KEPT_SECONDS.flush, keepers: EVENT_SHARDS });
  const parts = Math.max(flushes, count / ROWS_A_PART);
  const engagedAFlush = traffic.engaged / flushes;
  // Likes come one by one, so that few of them leave some flushes without any.
  const passing = flushes * (1 - Math.exp(-engagedAFlush));
  const passes = Math.max(passing, traffic.engaged / ROWS_A_PASS);
  const votesAPass = passes > 0 ? traffic.engaged / passes : 0;
  const lists = 2 * (1 + (traffic.regions > 0 ? touched(traffic.regions, votesAPass) : 0));
  const trendingCalls = passes * touched(TRENDING_SHARDS, lists);
  const votes = traffic.votes * (traffic.regions > 0 ? 4 : 2);
  const readers = objectsApart ? Math.min(TRENDING_SHARDS, lists) : 1;
  const renewed = (keptSeconds: number) => renewals(passes * readers, { seconds, keptSeconds, keepers: readers });
  const work = (of: keyof Work) =>
    count * store.event[of] + traffic.engaged * store.engaged[of] + calls * store.call[of] + flushes * store.flush[of];
  const trendingWork = (of: keyof Work) => votes * trending.vote[of] + trendingCalls * trending.call[of];
  return {
    count,
    unitsAMessage,
    parts,
    states: renewed(KEPT_SECONDS.live),
    itemReads: renewed(KEPT_SECONDS.releaseItems),
    // Whoever counts asks each shard whether it has the items.
    objectRequests: calls + flushes + trendingCalls * (1 + shards),
    rowsRead: work("rowsRead") + trendingWork("rowsRead"),
    rowsWritten: work("rowsWritten") + trendingWork("rowsWritten"),
    storeMs: envelopes * requests.events.cpuMs + count * measured.events.cpuMs,
    trendingMs: votes * measured.events.voteCpuMs,
  };
}

const NO_EVENTS = {
  count: 0,
  unitsAMessage: 1,
  parts: 0,
  states: 0,
  itemReads: 0,
  objectRequests: 0,
  rowsRead: 0,
  rowsWritten: 0,
  storeMs: 0,
  trendingMs: 0,
};

/** Rows that are written when ids and votes are let go: as many as came, once they have been kept for their time. */
export function rowsLetGo(traffic: Traffic, { store, trending }: Measured): number {
  const count = sum(EVENT_KINDS.map((kind) => traffic.events[kind]));
  const votes = traffic.votes * (traffic.regions > 0 ? 4 : 2);
  return count * store.expired.rowsWritten + votes * trending.expired.rowsWritten;
}

/**
 * How often something is made anew that each of its keepers keeps for T. With arrivals at random it is made after T and the
 * wait for the next of them, so n arrivals at a rate of r make n / (1 + r T) of it, and up to half of one more that is under
 * way when the time is over. (The renewal theorem's first two terms, as in Cox, "Renewal Theory", 1962, §4.2.)
 */
export function renewals(
  arrivals: number,
  { seconds, keptSeconds, keepers }: { seconds: number; keptSeconds: number; keepers: number },
): number {
  const kept = (arrivals / (seconds * keepers)) * keptSeconds;
  return Math.min(arrivals, arrivals / (1 + kept) + (keepers * (kept / (1 + kept)) ** 2) / 2);
}

/** How many of n are met by k draws. */
function touched(n: number, k: number): number {
  return n * (1 - (1 - 1 / n) ** k);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
