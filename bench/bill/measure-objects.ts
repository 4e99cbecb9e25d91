/**
 * What Durable Objects write and read: envelopes are sent in ways that differ in one thing at a time, so that what
 * an event, a call and an alarm cost follows from the differences. Counts are exact.
 */
import { ROUTES } from "../../shared/protocol.ts";
import { EVENT_LIMITS } from "../../shared/event.ts";
import { seeded } from "../../test/harness/small-release.ts";
import type { SmallRelease } from "../../test/harness/small-release.ts";
import type { Measured, Work } from "../../trainer/estimate/measured.ts";
import type { EventKind } from "../../trainer/estimate/workload.ts";
import { createScatteredIds, scrollEnvelope, scrollEvent, subjectOfPerson } from "./events.ts";
import { total } from "./metered-edge.ts";
import type { Meter, MeteredEdge } from "./metered-edge.ts";

const FEW = 40;
const MANY = 440;
/** Apart from each other by more than the queue waits, so that each is a call. */
const CALLS = 12;
const CALL_EVERY_MS = 1_300;

/** Full envelopes a round, and rounds: enough that pages do not blur what an id takes. */
const ENVELOPES = 8;
const ROUNDS = 3;
/** Events of an envelope lie so far apart at most. */
const SCROLLED_MS = 300_000;

interface Run {
  readonly events: number;
  readonly calls: number;
  readonly flushes: number;
  readonly trendingCalls: number;
  readonly meter: Meter;
}

type Runs = Readonly<Record<"few" | "many" | "often" | "fewLikes" | "manyLikes", Run>>;

/** Sends envelopes and counts until all is in the log. */
export async function measureObjects(
  edge: MeteredEdge,
  { release, ids }: SmallRelease,
  seed: number,
): Promise<Pick<Measured, "store" | "trending"> & { idBytes: number; logBytes: number }> {
  const random = seeded(seed);
  const nextId = createScatteredIds(random);
  const send = async (kind: EventKind, person: number, from: number, count: number) => {
    const events = Array.from({ length: count }, (_, position) => {
      const item = ids[(from + position) % ids.length]!;
      return scrollEvent(kind, { id: nextId(), item, at: Date.now(), list: nextId(), position });
    });
    const body = scrollEnvelope(release.id, subjectOfPerson(person), events);
    await edge.ask("POST", ROUTES.events(), { body, status: 202 });
  };
  const run = async (events: number, work: () => Promise<void>): Promise<Run> => {
    await edge.meter();
    await work();
    await edge.drained();
    const meter = await edge.meter();
    return {
      events,
      calls: total(meter, "object:EventStore.insert"),
      flushes: total(meter, "object:EventStore.alarm"),
      trendingCalls: total(meter, "object:Trending.count"),
      meter,
    };
  };
  await run(FEW, () => send("impression", 0, 0, FEW)); // tables and names are made once
  const few = await run(FEW, () => send("impression", 0, 0, FEW));
  const many = await run(MANY, () => send("impression", 0, 0, MANY));
  const often = await run(CALLS * FEW, async () => {
    for (let n = 0; n < CALLS; n++) {
      await send("impression", 0, 0, FEW);
      await new Promise((resolve) => setTimeout(resolve, CALL_EVERY_MS));
    }
  });
  await run(MANY, () => send("like", 1, 0, MANY)); // items that nobody has met are a little dearer, once
  const fewLikes = await run(FEW, () => send("like", 2, 0, FEW));
  const manyLikes = await run(MANY, () => send("like", 3, 0, MANY));
  const kept = await measureKept(edge, async () => {
    for (let n = 0; n < ENVELOPES; n++) {
      const list = nextId();
      const events = Array.from({ length: EVENT_LIMITS.events }, (_, position) => {
        const item = ids[Math.floor(random() * ids.length)]!;
        // Half of what is scrolled past are impressions, the other half says how each card was left.
        const kind = position % 2 === 0 ? "impression" : position % 8 === 1 ? "view" : "skip";
        const at = Date.now() - Math.floor(random() * SCROLLED_MS);
        return scrollEvent(kind, { id: nextId(), item, at, list, position });
      });
      const body = scrollEnvelope(release.id, subjectOfPerson(100 + n), events);
      await edge.ask("POST", ROUTES.events(), { body, status: 202 });
    }
    await edge.drained();
  });
  await edge.meter();
  const letGo = async (of: "events" | "trending") => {
    const rows = (await keptOf(edge, of)).rows;
    const meter = (await (await fetch(`${edge.edge.url}/meter/expire?of=${of}`)).json()) as Meter;
    return { rowsWritten: total(meter, "rows-written:") / rows };
  };
  const [expired, unseen] = [await letGo("events"), await letGo("trending")];
  const solve = (kind: string) => solveParts({ few, many, often, fewLikes, manyLikes }, kind);
  const solved = {
    rowsWritten: solve("rows-written:"),
    rowsRead: solve("rows-read:"),
  };
  const workOf = (part: keyof ReturnType<typeof solve>): Work => ({
    rowsWritten: solved.rowsWritten[part],
    rowsRead: solved.rowsRead[part],
  });
  return {
    store: {
      event: workOf("event"),
      engaged: workOf("engaged"),
      call: workOf("call"),
      flush: workOf("flush"),
      expired,
    },
    trending: {
      vote: workOf("vote"),
      call: workOf("trendingCall"),
      expired: unseen,
    },
    idBytes: kept.idBytes,
    logBytes: kept.logBytes,
  };
}

/** What one of each costs, in one kind of count. */
function solveParts({ few, many, often, fewLikes, manyLikes }: Runs, kind: string) {
  const spent = ({ meter }: Run) => total(meter, `${kind}EventStore`);
  const event = (spent(many) - spent(few)) / (MANY - FEW);
  // Calls and alarms stand beside each other in two equations.
  const [a, b] = [spent(few) - event * few.events, spent(often) - event * often.events];
  const call = (a * often.flushes - b * few.flushes) / (few.calls * often.flushes - often.calls * few.flushes);
  const counted = ({ meter }: Run) => total(meter, `${kind}Trending`);
  // Two lists: of the surface and of all.
  const vote = (counted(manyLikes) - counted(fewLikes)) / (2 * (MANY - FEW));
  return {
    event,
    call,
    flush: (a - call * few.calls) / few.flushes,
    engaged: (spent(manyLikes) - spent(fewLikes)) / (MANY - FEW) - event,
    vote,
    trendingCall: (counted(fewLikes) - 2 * FEW * vote) / fewLikes.trendingCalls,
  };
}

/**
 * Bytes of an id in the store and of an event in the log. What was waiting leaves free pages behind, which the next ones
 * take, so that the first of several rounds sets how many there are and the others show what stays.
 */
async function measureKept(edge: MeteredEdge, round: () => Promise<void>) {
  const read = async () => {
    const kept = await keptOf(edge, "events");
    const answer = await fetch(edge.edge.url + ROUTES.logs(), {
      headers: { Authorization: `Bearer ${edge.edge.secret}` },
    });
    const { parts } = (await answer.json()) as { parts: { bytes: number }[] };
    return { ...kept, log: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  await round();
  const before = await read();
  for (let n = 0; n < ROUNDS; n++) await round();
  const after = await read();
  const ids = after.rows - before.rows;
  return { idBytes: (after.bytes - before.bytes) / ids, logBytes: (after.log - before.log) / ids };
}

/** What all objects of a class keep together. */
async function keptOf({ edge }: MeteredEdge, of: "events" | "trending"): Promise<{ bytes: number; rows: number }> {
  const objects = (await (await fetch(`${edge.url}/meter/kept?of=${of}`)).json()) as { bytes: number; rows: number }[];
  return {
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    rows: objects.reduce((sum, { rows }) => sum + rows, 0),
  };
}
