// One shard of a release that is too large for the Worker: some of its rows, in a Durable Object with a name for each
// release. It keeps nothing that would have to be stored: what it holds it reads out of the bucket when it is first asked.

import { DurableObject } from "cloudflare:workers";
import { gatherColumns } from "../../shared/item-columns.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import type { Filter } from "../../shared/filter.ts";
import type { Release } from "../../shared/release.ts";
import type { EdgeEnv } from "../bindings.ts";
import { readRelease } from "../publish/releases.ts";
import { EmbeddedIndex } from "../retrieval/embedded-index.ts";
import { drawKey, orderSeed } from "../retrieval/item-orders.ts";
import type { OrderName, OrderRequest } from "../retrieval/item-orders.ts";
import type { HydratedTexts } from "../retrieval/items.ts";
import { errorBody, NearfeedError } from "../../shared/errors.ts";
import type { ErrorBody } from "../../shared/errors.ts";
import { loadSlice } from "./load-slice.ts";
import type { Slice } from "./load-slice.ts";
import { OBJECT_BYTES } from "./plan.ts";
import type { ShardRows } from "./plan.ts";

/** Which rows of which release; the same for every call of one object. */
export interface ShardOf extends ShardRows {
  readonly release: string;
  /** The release itself while it is being published, and not in the bucket yet. */
  readonly draft?: Release;
}

/** Rows, counted in the whole release, and what they are ordered by. */
export interface KeyedRows {
  readonly rows: Uint32Array;
  /** Scores, or keys of an order: the larger comes first. */
  readonly keys: Float32Array | Float64Array;
}

interface Held {
  readonly slice: Slice;
  readonly index: EmbeddedIndex;
  readonly seed: number;
}

/** A shard; each slot has a class of its own, so that no two slots share an isolate's memory. */
export class IndexShard extends DurableObject<EdgeEnv> {
  #held: Promise<Held> | undefined;

  /**
   * Loads and checks the rows; those of a draft are let go of again, for beside it the active release and the one before it may
   * lie in the same isolate. What is wrong is an answer: an error that is thrown loses its code on the way.
   */
  async load(of: ShardOf): Promise<ErrorBody | null> {
    try {
      await this.#hold(of);
      return null;
    } catch (error) {
      if (error instanceof NearfeedError) return errorBody(error);
      throw error;
    } finally {
      if (of.draft !== undefined) this.#held = undefined;
    }
  }

  /** The best rows of each query, with their scores. */
  async search(
    of: ShardOf,
    { queries, count, filter }: { queries: readonly (readonly number[])[]; count: number; filter: Filter },
  ): Promise<KeyedRows[]> {
    const { index } = await this.#hold(of);
    const lists = index.searchScored({ queries, count, filter });
    return lists.map(({ rows, scores }) => ({ rows: rows.map((row) => row + of.from), keys: scores }));
  }

  /** Which of these rows, all of this shard, pass the filter. */
  async passing(of: ShardOf, rows: readonly number[], filter: Filter): Promise<number[]> {
    const { index } = await this.#hold(of);
    const passing = await index.passing(
      rows.map((row) => row - of.from),
      filter,
    );
    return passing.map((row) => row + of.from);
  }

  /** The first rows of an order, with what they are ordered by. */
  async inOrder(of: ShardOf, request: OrderRequest): Promise<KeyedRows> {
    const { slice, index, seed } = await this.#hold(of);
    const rows = await index.inOrder(request);
    const key = KEYS[request.order];
    return {
      rows: rows.map((row) => row + of.from),
      keys: Float64Array.from(rows, (row) => key(slice.columns, row, row + of.from, seed)),
    };
  }

  /** The rows of those of some ids that are of this shard, and −1 for the others. */
  async rowsOf(of: ShardOf, ids: readonly string[]): Promise<Int32Array> {
    const { slice } = await this.#hold(of);
    return Int32Array.from(ids, (id) => {
      const row = slice.rowOf(id);
      return row < 0 ? row : row + of.from;
    });
  }

  /** Columns of rows of this shard, and their ids and display data where these are asked for. */
  async hydrate(
    of: ShardOf,
    rows: Uint32Array,
    { ids = false, catalog = false }: HydratedTexts,
  ): Promise<{ columns: ItemColumns; ids: string[]; catalog: string[] }> {
    const { slice } = await this.#hold(of);
    const own = rows.map((row) => row - of.from);
    return {
      columns: gatherColumns(slice.columns, own),
      ids: ids ? Array.from(own, slice.id) : [],
      catalog: catalog ? Array.from(own, slice.catalog) : [],
    };
  }

  #hold(of: ShardOf): Promise<Held> {
    if (this.#held !== undefined) return this.#held;
    const held = this.#load(of);
    this.#held = held;
    held.catch(() => (this.#held = undefined)); // the next call tries again
    // Whoever asked may not wait for it; whoever asks next will be glad of it.
    this.ctx.waitUntil(held.catch(() => undefined));
    return held;
  }

  async #load({ release: id, from, to, draft }: ShardOf): Promise<Held> {
    const release = draft ?? (await readRelease(this.env.BUCKET, id));
    if (release === null) throw new NearfeedError("bad_release", `release ${id} is gone from the bucket`);
    const slice = await loadSlice(this.env.BUCKET, release, { from, to }, OBJECT_BYTES);
    const seed = orderSeed(id);
    const { columns, dictionaries, memory } = slice;
    const index = new EmbeddedIndex({ columns, dictionaries }, memory, {
      seed,
      madeAt: release.createdAt,
      first: from,
    });
    return { slice, index, seed };
  }
}

/** What the orders of item-orders.ts are ordered by; a row counted here and in the whole release. */
const KEYS: Readonly<Record<OrderName, (columns: ItemColumns, row: number, whole: number, seed: number) => number>> = {
  popular: ({ popularity }, row) => popularity[row]!,
  fresh: ({ publishedAt }, row) => publishedAt[row]!,
  explore: (_columns, _row, whole, seed) => drawKey(whole, seed),
};
