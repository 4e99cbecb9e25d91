/**
 * Sends envelopes as fast as they are answered, each again until it is taken, and then looks whether every event lies in the
 * log, once, and whether what trends is what was counted here.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { ROUTES, TRENDING_COUNT } from "../../shared/protocol.ts";
import type { TrendingAnswer } from "../../shared/protocol.ts";
import type { LocalEdge } from "../../test/harness/local-edge.ts";
import { reach } from "../../test/harness/reach.ts";
import { readPrometheus } from "../../test/harness/read-prometheus.ts";
import type { Traffic } from "./traffic.ts";

/** Requests in flight. */
const CONNECTIONS = 16;
/** Shorter than `Retry-After`, which is meant for devices and not for one impatient machine. */
const RETRY_AFTER_MS = 100;
const DRAIN_LIMIT_MS = 240_000;
const POLL_MS = 250;
const MS_A_SECOND = 1_000;
/** Lists are kept for ten seconds, and may have been read before all was counted. */
const LISTS_KEPT_MS = 10_500;

export interface Ingested {
  readonly events: number;
  /** To the last 202. */
  readonly seconds: number;
  /** To the last row in the log. */
  readonly drainedSeconds: number;
  /** Answers 503, and of them those without `Retry-After`. */
  readonly refused: number;
  readonly refusedWithoutWait: number;
  /** Events of the log less those that were sent; and rows beyond one an event. */
  readonly lost: number;
  readonly doubled: number;
  readonly trending: readonly TrendingCheck[];
}

/** A list of what trends against the exact one. */
export interface TrendingCheck {
  readonly surface: string;
  readonly region: string;
  /** Items of the answer, and those that belong there: exact ones of a higher score than the answer's last. */
  readonly items: number;
  readonly missing: number;
  /** The largest difference of a score. */
  readonly error: number;
  /** The highest exact score. */
  readonly top: number;
}

const LISTS = [
  ["home", ""],
  ["home", "DE"],
  ["", ""],
  ["search", ""],
] as const;

export async function runIngest(
  edge: LocalEdge,
  traffic: Traffic,
  { events, each }: { events: number; each: number },
): Promise<Ingested> {
  const sentIds = new Set<string>();
  let [refused, refusedWithoutWait] = [0, 0];
  const began = performance.now();
  const loop = async (): Promise<void> => {
    while (traffic.sent < events) {
      const { body, ids } = traffic.next(each);
      for (const id of ids) sentIds.add(id);
      for (;;) {
        const answer = await reach(edge.url + ROUTES.events(), { method: "POST", body });
        const said = await answer.text();
        if (answer.status === 202) break;
        if (answer.status !== 503) throw new Error(`HTTP ${answer.status}: ${said.slice(0, 300)}`);
        refused++;
        if (!answer.headers.has("Retry-After")) refusedWithoutWait++;
        await sleep(RETRY_AFTER_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, loop));
  const seconds = (performance.now() - began) / MS_A_SECOND;
  await drain(edge);
  const drainedSeconds = (performance.now() - began) / MS_A_SECOND;
  const log = await readLog(edge, sentIds);
  await sleep(LISTS_KEPT_MS);
  const trending: TrendingCheck[] = [];
  for (const [surface, region] of LISTS) trending.push(await checkTrending(edge, traffic, surface, region));
  return { events: sentIds.size, seconds, drainedSeconds, refused, refusedWithoutWait, ...log, trending };
}

/** Waits until nothing waits: in the queue, in the stores, or to be counted. */
async function drain(edge: LocalEdge): Promise<void> {
  const deadline = performance.now() + DRAIN_LIMIT_MS;
  let [calm, before] = [0, -1];
  // The queue does not say how much it holds, so nothing may have come for longer than it keeps a batch.
  while (calm * POLL_MS < 5 * MS_A_SECOND) {
    const answer = await reach(edge.url + ROUTES.metrics(), { headers: { Authorization: `Bearer ${edge.secret}` } });
    const families = readPrometheus(await answer.text());
    const valueOf = (name: string) => families.get(name)?.samples[0]?.value ?? NaN;
    const stored = valueOf("nearfeed_events_stored_total") + valueOf("nearfeed_events_duplicate_total");
    const waiting = valueOf("nearfeed_events_waiting") + valueOf("nearfeed_trending_waiting");
    calm = waiting === 0 && stored === before ? calm + 1 : 0;
    before = stored;
    if (performance.now() > deadline) throw new Error(`${waiting} events still wait after ${DRAIN_LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}

/** Reads every part of the log. */
async function readLog(edge: LocalEdge, sentIds: ReadonlySet<string>): Promise<{ lost: number; doubled: number }> {
  const headers = { Authorization: `Bearer ${edge.secret}` };
  const found = new Set<string>();
  let rows = 0;
  let after: string | null | undefined;
  do {
    const listed = await reach(edge.url + ROUTES.logs(after ?? undefined), { headers });
    const { parts, next } = (await listed.json()) as { parts: { name: string }[]; next: string | null };
    for (const { name } of parts) {
      const part = await reach(edge.url + ROUTES.logPart(name), { headers });
      const text = gunzipSync(Buffer.from(await part.arrayBuffer())).toString("utf8");
      for (const line of text.split("\n")) {
        if (line === "") continue;
        rows++;
        const { id } = JSON.parse(line) as { id: string };
        if (!sentIds.has(id)) throw new Error(`the log has an event ${id} that nobody sent`);
        found.add(id);
      }
    }
    after = next;
  } while (after !== null);
  return { lost: sentIds.size - found.size, doubled: rows - found.size };
}

async function checkTrending(
  edge: LocalEdge,
  traffic: Traffic,
  surface: string,
  region: string,
): Promise<TrendingCheck> {
  const query = new URLSearchParams({ ...(surface && { surface }), ...(region && { region }) });
  const answer = await reach(`${edge.url}/v1/trending?${query.toString()}`);
  const { items } = (await answer.json()) as TrendingAnswer;
  const exact = traffic.scores(surface, region, Date.now());
  const error = items.reduce((most, { item, score }) => Math.max(most, Math.abs(score - (exact.get(item) ?? 0))), 0);
  const listed = new Set(items.map(({ item }) => item));
  const ranked = [...exact].sort(([, a], [, b]) => b - a).slice(0, TRENDING_COUNT);
  const last = items.at(-1)?.score ?? 0;
  // A rounded score may stand for one that is a tenth higher.
  const missing = ranked.filter(([item, score]) => !listed.has(item) && score > last + SCORE_ERROR).length;
  return { surface, region, items: items.length, missing, error, top: ranked[0]?.[1] ?? 0 };
}

/** What the edge states: scores are rounded to a tenth. Beside it is what a count loses while it is read. */
export const SCORE_ERROR = 0.05;
/** Of a score: an isolate keeps a list for ten seconds, in which a count loses a 2,000th. */
export const DECAY_ERROR = 1 - 2 ** (-15_000 / (6 * 3_600_000));
