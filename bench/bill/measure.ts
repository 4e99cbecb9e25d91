/** All that `trainer/estimate/measured.json` holds but where it was measured. */
import { EVENT_KINDS } from "../../trainer/estimate/workload.ts";
import type { EventKind } from "../../trainer/estimate/workload.ts";
import type { Measured, RequestCost } from "../../trainer/estimate/measured.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { TrendingAnswer } from "../../shared/protocol.ts";
import { reach } from "../../test/harness/reach.ts";
import { seeded, smallRelease } from "../../test/harness/small-release.ts";
import type { SmallRelease } from "../../test/harness/small-release.ts";
import { cellCount } from "../../trainer/items/cells.ts";
import { untrainedModels } from "../harness/untrained-models.ts";
import { createScatteredIds, scrollEnvelope, scrollEvent, subjectOfPerson } from "./events.ts";
import { poolFigures, scanFigure } from "./from-results.ts";
import { measureObjects } from "./measure-objects.ts";
import { countRequests, createAsker, PLAIN_KINDS, timeEvents, timeRequests } from "./measure-requests.ts";
import { startMeteredEdge, total } from "./metered-edge.ts";
import type { MeteredEdge } from "./metered-edge.ts";

const ITEMS = 10_000;
const DIM = 64;
/** Slots of a neighbour list, as the trainer makes them. */
const NEIGHBOURS = 48;
const COUNTED = 40;
const TIMED = 300;
const QUICK_TIMED = 120;
/** Two are not told, and a score fades from the first moment. */
const TREND_PEOPLE = 5;

export type Figures = Omit<Measured, "command" | "machine">;

export async function measureFigures({ quick, seed }: { quick: boolean; seed: number }): Promise<Figures> {
  const each = quick ? QUICK_TIMED : TIMED;
  const small = await releaseOf(ITEMS, seed);
  const counted = await withEdge(small, { metered: true }, async (edge) => ({
    requests: await countRequests(edge, small, { seed, each: COUNTED }),
    kept: await countKept(edge, small, seed),
    envelope: await countEnvelope(edge, small, seed),
    objects: await measureObjects(edge, small, seed),
  }));
  const timed = await withEdge(small, { metered: false }, async (edge) => ({
    requests: await timeRequests(edge, small, { seed, each }),
    events: await timeEvents(edge, small, { seed, each }),
  }));
  const sharded = await withEdge(small, { metered: true, cramped: true }, (edge) => countSharded(edge, small, seed));
  const { envelope, kept, objects } = counted;
  const plain = Object.fromEntries(
    PLAIN_KINDS.map((kind) => {
      const { answerBytes: _, ...cost } = counted.requests[kind];
      return [kind, { ...cost, cpuMs: timed.requests[kind] } satisfies RequestCost];
    }),
  ) as Omit<Measured["requests"], "events">;
  const { idBytes, logBytes, ...work } = objects;
  return {
    requests: {
      ...plain,
      events: { bytesIn: envelope.head, bytesOut: envelope.answer, bucketB: 0, cpuMs: timed.events.envelope },
    },
    scanMsAnItem: await scanFigure(),
    events: {
      bytesIn: envelope.events,
      bytesOut: envelope.verdict,
      cpuMs: timed.events.event,
      voteCpuMs: timed.events.vote,
      logBytes,
      idBytes,
    },
    ...work,
    ...kept,
    sharded,
    candidates: {
      start: counted.requests.start.answerBytes / Math.min(400, ITEMS),
      retrieve: counted.requests.retrieve.answerBytes / 1_000,
    },
    pool: await poolFigures(),
    release: releaseFigures(small, seed),
  };
}

function releaseOf(items: number, seed: number): Promise<SmallRelease> {
  return smallRelease({ items, dim: DIM, seed, cells: cellCount(items), neighboursPerItem: NEIGHBOURS });
}

async function withEdge<T>(
  small: SmallRelease,
  options: { metered: boolean; cramped?: boolean },
  work: (edge: MeteredEdge) => Promise<T>,
): Promise<T> {
  const edge = await startMeteredEdge(small, options);
  try {
    return await work(edge);
  } finally {
    await edge.stop();
  }
}

/** What isolates keep for a while costs when it is looked at anew. */
async function countKept(
  edge: MeteredEdge,
  small: SmallRelease,
  seed: number,
): Promise<Pick<Measured, "top" | "state">> {
  const ask = createAsker(edge, small, seed);
  await ask("start", 0);
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  await edge.meter();
  await ask("start", 0);
  const meter = await edge.meter();
  const work = (name: string) => ({
    rowsWritten: 0,
    rowsRead: total(meter, `rows-read:${name}`),
  });
  return { top: work("Trending"), state: work("Catalogue") };
}

/** Bytes of an envelope without events and of each event in it, of an answer and of each verdict. */
async function countEnvelope(edge: MeteredEdge, { release, ids }: SmallRelease, seed: number) {
  const nextId = createScatteredIds(seeded(seed));
  const event = (kind: EventKind, position: number) =>
    scrollEvent(kind, { id: nextId(), item: ids[position]!, at: Date.now(), list: nextId(), position });
  const body = (kinds: readonly EventKind[]) =>
    scrollEnvelope(
      release.id,
      subjectOfPerson(7),
      kinds.map((kind, at) => event(kind, 1_000 + at)),
    );
  const head = body([]).length;
  // A comma is between two events.
  const events = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, body([kind]).length - head + 1])) as Record<
    EventKind,
    number
  >;
  const answer = async (count: number) =>
    (await edge.ask("POST", ROUTES.events(), { body: body(Array(count).fill("impression")), status: 202 })).bytes;
  const [one, eleven] = [await answer(1), await answer(11)];
  const verdict = (eleven - one) / 10;
  await edge.drained();
  return { head: head - 1, events, verdict, answer: one - verdict };
}

/** Calls of shards for an answer of retrieve while something trends, each shard. */
async function countSharded(edge: MeteredEdge, small: SmallRelease, seed: number): Promise<Measured["sharded"]> {
  await makeTrend(edge, small, seed);
  const ask = createAsker(edge, small, seed);
  for (let n = 0; n < COUNTED; n++) await ask("retrieve", n);
  await edge.meter();
  for (let n = 0; n < COUNTED; n++) await ask("retrieve", n);
  const meter = await edge.meter();
  // So small a release is one shard.
  return { callsAShard: total(meter, "object:IndexShard") / COUNTED };
}

/** As many people like an item as it takes to be told. */
async function makeTrend(edge: MeteredEdge, { release, ids }: SmallRelease, seed: number): Promise<void> {
  const nextId = createScatteredIds(seeded(seed));
  for (let person = 0; person < TREND_PEOPLE; person++) {
    const like = { id: nextId(), item: ids[0]!, at: Date.now(), list: nextId(), position: 0 };
    const body = scrollEnvelope(release.id, subjectOfPerson(person), [scrollEvent("like", like)]);
    await edge.ask("POST", ROUTES.events(), { body, status: 202 });
  }
  await edge.drained();
  const { items } = (await (await reach(`${edge.edge.url}${ROUTES.trending()}`)).json()) as TrendingAnswer;
  if (items.length === 0) throw new Error(`nothing trends after ${TREND_PEOPLE} people liked an item`);
}

function releaseFigures({ release }: SmallRelease, seed: number): Measured["release"] {
  const { files, items, dim, costs } = release;
  const { encoder, ranker } = untrainedModels(dim, seed);
  const an = (bytes: number) => bytes / items;
  return {
    items,
    dim,
    bytesAnItem: {
      index: an(files.index.bytes),
      ids: an(files.ids.bytes),
      catalog: an(files.catalog.bytes),
      neighbours: an(files.neighbours.bytes),
      pools: an(files.pools!.bytes),
      rows: an(files.rows!.bytes),
    },
    models: [files.constants.bytes, encoder.length, ranker.length],
    cellBytes: files.cells!.bytes / costs!.pool.cells,
    blockItems: items / costs!.rows.blocks,
  };
}
