/**
 * The Worker that the suite `retrieve-10m` measures: a release in the edge's own shards, and beside it one index of all its
 * rows, searched by the same kernel on one core. It has no routes of the edge but what it needs of retrieval.
 *
 * `PUT /objects/KEY` stores in the bucket. All else is `POST` with what it says as JSON: `/load` one shard, or the flat index;
 * `/search` in all shards, in one, or in the flat index, `repeat` times, and answers the rows of the last; `/answer` the
 * candidates file of a retrieve request.
 */
import type { EdgeEnv } from "../../edge/index.ts";
import { retrieve } from "../../edge/retrieval/retrieve.ts";
import { EmbeddedIndex } from "../../edge/retrieval/embedded-index.ts";
import { IndexShard } from "../../edge/shards/index-shard.ts";
import { loadSlice } from "../../edge/shards/load-slice.ts";
import { openSharded, type ShardedRelease } from "../../edge/shards/open-sharded.ts";
import type { ShardRows } from "../../edge/shards/plan.ts";
import { shardStub, type ShardBindings } from "../../edge/shards/slots.ts";
import type { Filter } from "../../shared/filter.ts";
import type { Release } from "../../shared/release.ts";

export * from "../../edge/shards/classes.ts";

type Env = Pick<EdgeEnv, "BUCKET"> & ShardBindings;

/** What a request says. */
export interface Asked {
  readonly release: Release;
  readonly plan: readonly ShardRows[];
  /** In one shard; else in all of them, or (`flat`) in the index of all rows. */
  readonly slot?: number;
  readonly flat?: boolean;
  readonly queries?: readonly (readonly number[])[];
  readonly filters?: readonly Filter[];
  readonly repeat?: number;
  /** Milliseconds that each shard of these slots waits before it searches. */
  readonly wait?: { readonly slots: readonly number[]; readonly ms: number };
  readonly deadlineMs?: number;
  /** Of `/answer`: a retrieve request. */
  readonly body?: string;
}

const COUNT = 1_000;
const PATIENT_MS = 60_000;

const released = new Map<number, Promise<ShardedRelease>>(); // by how long an answer waits
let flatIndex: Promise<EmbeddedIndex> | undefined;
/** Locally all objects are in one isolate, so one variable tells them how long to wait. */
let wait: NonNullable<Asked["wait"]> = { slots: [], ms: 0 };

const { search } = IndexShard.prototype;
IndexShard.prototype.search = async function slowSearch(of, request) {
  if (wait.slots.includes(of.slot)) await new Promise((resolve) => setTimeout(resolve, wait.ms));
  return search.call(this, of, request);
};

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") {
      await env.BUCKET.put(pathname.slice("/objects/".length), request.body);
      return Response.json(null);
    }
    const asked = (await request.json()) as Asked;
    wait = asked.wait ?? { slots: [], ms: 0 };
    if (pathname === "/load") return Response.json(await load(env, asked));
    const opened = await open(env, asked);
    if (pathname === "/answer") return answer(opened, asked);
    return Response.json(await searchAgain(env, opened, asked));
  },
};

/** Reads the heads of the files once, as the edge does. */
function open(env: Env, { release, plan, deadlineMs = PATIENT_MS }: Asked): Promise<ShardedRelease> {
  const known = released.get(deadlineMs) ?? openSharded(env, release, { plan, deadlineMs });
  released.set(deadlineMs, known);
  return known;
}

async function load(env: Env, { release, plan, slot }: Asked): Promise<unknown> {
  if (slot !== undefined) {
    const [stub, of] = [shardStub(env, plan[slot]!, release.id)!, { ...plan[slot]!, release: release.id }];
    const refusal = await stub.load(of);
    if (refusal !== null) return refusal;
    for (const order of ["popular", "fresh", "explore"] as const)
      await stub.inOrder(of, { order, count: 1, filter: {} });
    return null;
  }
  flatIndex ??= loadSlice(env.BUCKET, release, { from: 0, to: release.items }).then(
    ({ columns, dictionaries, memory }) =>
      new EmbeddedIndex({ columns, dictionaries }, memory, { seed: 0, madeAt: release.createdAt }),
  );
  await flatIndex;
  return null;
}

async function searchAgain(env: Env, opened: ShardedRelease, asked: Asked) {
  const { release, plan, slot, flat, queries = [], filters = [{}], repeat = 1 } = asked;
  const missing = new Set<string>();
  const index = flat ? await flatIndex! : opened.index;
  let rows: number[] = [];
  for (let n = 0; n < repeat; n++) {
    const query = queries[n % queries.length]!;
    const filter = filters[n % filters.length]!;
    const wanted = { queries: [query], count: COUNT, filter };
    if (slot !== undefined) {
      const [found] = await shardStub(env, plan[slot]!, release.id)!.search(
        { ...plan[slot]!, release: release.id },
        wanted,
      );
      rows = Array.from(found!.rows);
    } else {
      const [found] = await index.search({ ...wanted, onMissing: (part) => missing.add(part) });
      rows = Array.from(found!);
    }
  }
  return { rows, missing: [...missing] };
}

function answer({ tables, index }: ShardedRelease, { body = "" }: Asked): Promise<Response> {
  const served = { tables, index, orders: index, hydrator: index };
  return retrieve(served, new Request("http://bench", { method: "POST", body }));
}
