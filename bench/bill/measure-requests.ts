/** What one request of each kind costs: bytes of bodies and reads of the bucket by the meter, CPU by the process. */
import { ROUTES } from "../../shared/protocol.ts";
import type { RetrieveRequest } from "../../shared/protocol.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import { seeded } from "../../test/harness/small-release.ts";
import type { SmallRelease } from "../../test/harness/small-release.ts";
import { REQUEST_KINDS } from "../../trainer/estimate/workload.ts";
import type { EventKind, RequestKind } from "../../trainer/estimate/workload.ts";
import type { RequestCost } from "../../trainer/estimate/measured.ts";
import { createScatteredIds, scrollEnvelope, scrollEvent, subjectOfPerson } from "./events.ts";
import { total } from "./metered-edge.ts";
import type { MeteredEdge } from "./metered-edge.ts";

/** Kinds but events, whose cost is of an envelope and of what is in it. */
type PlainKind = Exclude<RequestKind, "events">;
export const PLAIN_KINDS = REQUEST_KINDS.filter((kind): kind is PlainKind => kind !== "events");
const FILE_KINDS: ReadonlySet<PlainKind> = new Set(["start", "blob", "pool", "rows", "retrieve"]);
/** Requests in flight while CPU is measured. */
const AT_ONCE = 4;
/** What the SDK asks: a taste and an intent, and its ten last likes. */
const LIKED = 10;
const COUNT = 1_000;

export type Asker = (kind: PlainKind, number: number) => Promise<number>;

/** Asks as the SDK does. */
export function createAsker({ ask }: MeteredEdge, small: SmallRelease, seed: number): Asker {
  const { release, ids } = small;
  const random = seeded(seed);
  let etag: string | undefined;
  return async (kind, number) => {
    if (kind === "manifest") {
      const answer = await ask("GET", ROUTES.manifest("stable"));
      etag = answer.etag ?? undefined;
      return answer.bytes;
    }
    if (kind === "manifestUnchanged") {
      etag ??= (await ask("GET", ROUTES.manifest("stable"))).etag ?? undefined;
      return (await ask("GET", ROUTES.manifest("stable"), { etag: etag!, status: 304 })).bytes;
    }
    const item = ids[(number * 7_919) % ids.length]!;
    const path = {
      start: () => ROUTES.start(release.id, {}),
      blob: () => ROUTES.blob(release.files.constants.sha256),
      pool: () => ROUTES.pool(release.id, number % release.costs!.pool.cells),
      rows: () => ROUTES.rows(release.id, blockOf(item, release.costs!.rows.blocks)),
      retrieve: () => ROUTES.retrieve(release.id),
    }[kind]();
    if (kind !== "retrieve") return (await ask("GET", path)).bytes;
    const vector = () => Array.from({ length: release.dim }, () => random() - 0.5);
    const items = Array.from({ length: LIKED }, () => ids[Math.floor(random() * ids.length)]!);
    const count = Math.min(COUNT, release.items);
    const body: RetrieveRequest = { space: release.space, queries: [vector(), vector()], count, items, catalog: true };
    return (await ask("POST", path, { body: JSON.stringify(body) })).bytes;
  };
}

/** Bytes and bucket reads a request, counted over a few. */
export async function countRequests(
  edge: MeteredEdge,
  small: SmallRelease,
  { seed, each }: { seed: number; each: number },
) {
  const ask = createAsker(edge, small, seed);
  const costs = {} as Record<PlainKind, Omit<RequestCost, "cpuMs"> & { readonly answerBytes: number }>;
  for (const kind of PLAIN_KINDS) {
    await ask(kind, 0); // what is read once is here from now on
    await edge.meter();
    for (let n = 0; n < each; n++) await ask(kind, n);
    const meter = await edge.meter();
    const lists = total(meter, "bucket-a:list channels");
    // A list of the channels is followed by a read of each, and there is one.
    const bucketB = (total(meter, "bucket-b:") - lists) / each;
    const answerBytes = total(meter, "bytes-out:") / each;
    costs[kind] = {
      bytesIn: total(meter, "bytes-in:") / each,
      bytesOut: FILE_KINDS.has(kind) ? 0 : answerBytes,
      bucketB,
      answerBytes,
    };
  }
  return costs;
}

/** CPU of workerd a request, in ms, once it is warm. */
export async function timeRequests(
  edge: MeteredEdge,
  small: SmallRelease,
  { seed, each, kinds = PLAIN_KINDS }: { seed: number; each: number; kinds?: readonly PlainKind[] },
): Promise<Record<PlainKind, number>> {
  const ask = createAsker(edge, small, seed);
  const cpu = {} as Record<PlainKind, number>;
  for (const kind of kinds) {
    const run = () => atOnce(each, (n) => ask(kind, n));
    await run();
    const before = await edge.edge.cpuMs();
    await run();
    cpu[kind] = ((await edge.edge.cpuMs()) - before) / each;
  }
  return cpu;
}

/**
 * CPU of envelopes with few and with many events, to the log: what an envelope costs, what an event costs more, and what each
 * list that an event is counted in costs more.
 */
export async function timeEvents(
  edge: MeteredEdge,
  { release, ids }: SmallRelease,
  { seed, each }: { seed: number; each: number },
): Promise<{ envelope: number; event: number; vote: number }> {
  const nextId = createScatteredIds(seeded(seed));
  let person = 0;
  const time = async (kind: EventKind, events: number) => {
    const before = await edge.edge.cpuMs();
    await atOnce(each, async (n) => {
      const list = Array.from({ length: events }, (_, position) => {
        const item = ids[(n * 31 + position) % ids.length]!;
        return scrollEvent(kind, { id: nextId(), item, at: Date.now(), list: nextId(), position });
      });
      const body = scrollEnvelope(release.id, subjectOfPerson(person++), list);
      await edge.ask("POST", ROUTES.events(), { body, status: 202 });
    });
    await edge.drained();
    return ((await edge.edge.cpuMs()) - before) / each;
  };
  const [few, many] = [2, 42];
  await time("impression", few);
  const short = await time("impression", few);
  const long = await time("impression", many);
  const liked = await time("like", many);
  const event = Math.max(0, (long - short) / (many - few));
  // On its surface and on all.
  const vote = Math.max(0, (liked - long) / (2 * many));
  return { envelope: Math.max(0, short - few * event), event, vote };
}

async function atOnce(count: number, work: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const loop = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
}
