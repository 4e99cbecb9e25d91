/**
 * How many events one workerd takes over loopback, from many people with some items and surfaces hot, until every one lies in
 * the log once; and whether what trends is then what was counted beside it. Once without the event queue, so that 202 follows
 * the insert, and once through a queue that refuses some of what it is sent, so that clients send again. An event that is lost
 * or doubled, a refusal that is not 503 with `Retry-After`, or a count beyond the stated error fails the suite.
 *
 * NEARFEED_INGEST_EVENTS sets how many; a tenth of them go through the queue, which locally is a list in workerd's memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalEdge } from "../test/harness/local-edge.ts";
import { activateSmall, publishSmall } from "../test/harness/publish-small.ts";
import { seeded, type SmallRelease, smallRelease } from "../test/harness/small-release.ts";
import { DECAY_ERROR, runIngest, SCORE_ERROR } from "./ingest/run-ingest.ts";
import type { Ingested } from "./ingest/run-ingest.ts";
import { createTraffic } from "./ingest/traffic.ts";
import type { Row, SuiteOptions } from "./schema.ts";

/** Half a minute or so; the long form is two million. */
const EVENTS = 200_000;
const QUICK_EVENTS = 10_000;
const QUEUED_SHARE = 0.1;
/** A flush of a device that has scrolled for a while. */
const EACH = 50;
/** Fewer than a list of what trends keeps, so that its counts are exact. */
const ITEMS = 1_500;
const PEOPLE = 20_000;
const SECRET = "the publish secret of the ingest";

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const asked = Number(process.env["NEARFEED_INGEST_EVENTS"] ?? EVENTS);
  if (!Number.isSafeInteger(asked) || asked < EACH) {
    throw new Error(`NEARFEED_INGEST_EVENTS is "${process.env["NEARFEED_INGEST_EVENTS"]}", expected a count of events`);
  }
  const events = quick ? QUICK_EVENTS : asked;
  const small = await smallRelease({ items: ITEMS, dim: 16, seed });
  yield* rowsOf(await ingest(small, { events, seed, queue: false }), { seed });
  const queued = Math.max(EACH, Math.round(events * QUEUED_SHARE));
  const refused = await ingest(small, { events: queued, seed, queue: true });
  if (refused.refused === 0) throw new Error("the queue refused nothing, so nothing was shown of refusals");
  yield* rowsOf(refused, { seed, variant: "refusing-queue" });
}

async function ingest(
  { release, json, blobs, ids, ...rest }: SmallRelease,
  { events, seed, queue }: { events: number; seed: number; queue: boolean },
): Promise<Ingested> {
  const state = await mkdtemp(join(tmpdir(), "nearfeed-ingest-"));
  const edge = await startLocalEdge({ state, secret: SECRET, queue, refusing: queue });
  try {
    await publishSmall(edge, { release, json, blobs, ids, ...rest });
    await activateSmall(edge, release.id, 0);
    const { regions } = release;
    const traffic = createTraffic({ release: release.id, items: ids, regions, people: PEOPLE, random: seeded(seed) });
    const ingested = await runIngest(edge, traffic, { events, each: EACH });
    check(ingested);
    return ingested;
  } finally {
    await edge.stop();
    await rm(state, { recursive: true });
  }
}

/** @throws Error where something was promised that did not happen */
export function check({ lost, doubled, refusedWithoutWait, trending }: Ingested): void {
  if (lost + doubled > 0) throw new Error(`${lost} events are lost and ${doubled} doubled`);
  if (refusedWithoutWait > 0) throw new Error(`${refusedWithoutWait} refusals came without Retry-After`);
  for (const each of trending) {
    const allowed = SCORE_ERROR + DECAY_ERROR * each.top + Number.EPSILON * each.top;
    if (each.items > 0 && each.missing === 0 && each.error <= allowed) continue;
    throw new Error(`what trends is not what was counted (at most ${allowed} off): ${JSON.stringify(each)}`);
  }
}

function* rowsOf(ingested: Ingested, about: Pick<Row, "seed" | "variant">): Iterable<Row> {
  const { events, seconds, drainedSeconds, refused, lost, doubled, trending } = ingested;
  const rate = (over: number) => Math.round(events / over);
  const note = `${events} events in envelopes of ${EACH}`;
  yield { ...about, id: "ingest-events", unit: "events/s", value: rate(seconds), note };
  yield { ...about, id: "ingest-events-logged", unit: "events/s", value: rate(drainedSeconds), note: "to the log" };
  yield { ...about, id: "ingest-events-lost", unit: "events", value: lost, note: "of the log, of those answered 202" };
  yield { ...about, id: "ingest-events-doubled", unit: "events", value: doubled, note: "rows of the log" };
  yield { ...about, id: "ingest-events-refused", unit: "answers", value: refused, note: "503, sent again" };
  const worst = trending.reduce((most, { error }) => Math.max(most, error), 0);
  const top = trending.reduce((most, each) => Math.max(most, each.top), 0);
  const value = Number(worst.toFixed(3));
  yield {
    ...about,
    id: "ingest-trending-error",
    unit: "of a score",
    value,
    note: `at most, of up to ${Math.round(top)}`,
  };
}
