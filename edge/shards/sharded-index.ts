// The index in shards: every one is asked at once, what they find is merged. A shard that fails or is late costs its rows of
// the answer and is named; it never costs the answer. Where all there are are late, the answer waits for those that come first.

import { NearfeedError } from "../../shared/errors.ts";
import type { Filter } from "../../shared/filter.ts";
import { concatColumns, emptyColumns, gatherColumns } from "../../shared/item-columns.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import type { HydratedRows, HydratedTexts, Hydrator } from "../retrieval/items.ts";
import type { ItemOrders, OrderRequest } from "../retrieval/item-orders.ts";
import type { SearchRequest, VectorIndex } from "../retrieval/vector-index.ts";
import { within } from "../retrieval/within.ts";
import type { IndexShard, KeyedRows, ShardOf } from "./index-shard.ts";

/** A shard and how to reach it. */
export interface Shard {
  readonly of: ShardOf;
  /** A new one for each call: a stub belongs to the request that made it, and a release is open for many. */
  readonly stub: () => Pick<
    DurableObjectStub<IndexShard>,
    "load" | "search" | "passing" | "inOrder" | "rowsOf" | "hydrate"
  >;
}

/**
 * How long an answer waits for a shard. One that has its rows answers within some tens of milliseconds; one that was just
 * woken reads 44 MB first, and mostly makes it.
 */
const DEADLINE_MS = 1_500;

/** How long it waits where not one has answered by then: all were just woken, and a late answer is better than none. */
const PATIENCE_MS = 10_000;

/** How long answers wait. */
export interface Waiting {
  /** For a shard while others have answered. */
  readonly deadlineMs?: number;
  /** After that for the first of them, where none has. */
  readonly patienceMs?: number;
}

type OnMissing = ((part: string) => void) | undefined;

/** Searches shards that hold all rows of a release together. */
export class ShardedIndex implements VectorIndex, ItemOrders, Hydrator {
  readonly #shards: readonly Shard[];
  readonly #deadlineMs: number;
  readonly #patienceMs: number;

  readonly #none: ItemColumns;

  /** @param dim of the vectors */
  constructor(shards: readonly Shard[], options: { dim: number } & Waiting) {
    const { dim, deadlineMs = DEADLINE_MS, patienceMs = PATIENCE_MS } = options;
    this.#shards = shards;
    this.#deadlineMs = deadlineMs;
    this.#patienceMs = patienceMs;
    this.#none = emptyColumns(dim);
  }

  async search({ queries, count, filter, onMissing }: SearchRequest): Promise<Uint32Array[]> {
    if (queries.length === 0) return [];
    const answers = await this.#ask(this.#shards, onMissing, ({ stub, of }) =>
      stub().search(of, { queries, count, filter }),
    );
    return queries.map((_, at) =>
      best(
        answers.map((lists) => lists[at]!),
        count,
      ),
    );
  }

  async passing(rows: readonly number[], filter: Filter, onMissing?: OnMissing): Promise<number[]> {
    const asked = this.#shards.filter(({ of }) => rows.some((row) => isIn(of, row)));
    const answers = await this.#ask(asked, onMissing, ({ stub, of }) =>
      stub().passing(
        of,
        rows.filter((row) => isIn(of, row)),
        filter,
      ),
    );
    const passing = new Set(answers.flat());
    return rows.filter((row) => passing.has(row));
  }

  async inOrder(request: OrderRequest): Promise<Uint32Array> {
    const { onMissing, ...plain } = request;
    const answers = await this.#ask(this.#shards, onMissing, ({ stub, of }) => stub().inOrder(of, plain));
    return best(answers, request.count, request.below);
  }

  /** The rows of ids, −1 where no shard that answers has one: each has the ids of its own rows, in no order of theirs. */
  async rowsOf(ids: readonly string[], onMissing?: OnMissing): Promise<Int32Array> {
    const rows = new Int32Array(ids.length).fill(-1);
    if (ids.length === 0) return rows;
    const answers = await this.#ask(this.#shards, onMissing, ({ stub, of }) => stub().rowsOf(of, ids));
    for (const found of answers) found.forEach((row, at) => row >= 0 && (rows[at] = row));
    return rows;
  }

  async hydrate(
    rows: Uint32Array,
    { ids = false, catalog = false, onMissing }: HydratedTexts & { onMissing?: OnMissing } = {},
  ): Promise<HydratedRows> {
    const asked = this.#shards.filter(({ of }) => rows.some((row) => isIn(of, row)));
    const answers = await this.#ask(asked, onMissing, async ({ stub, of }) => {
      const own = rows.filter((row) => isIn(of, row));
      return { own, ...(await stub().hydrate(of, own, { ids, catalog })) };
    });
    const placeOf = new Map(answers.flatMap(({ own }) => [...own]).map((row, place) => [row, place]));
    const kept = rows.filter((row) => placeOf.has(row));
    const places = Array.from(kept, (row) => placeOf.get(row)!);
    const found = answers.map(({ columns }) => columns);
    const [names, texts] = [answers.flatMap((answer) => answer.ids), answers.flatMap((answer) => answer.catalog)];
    return {
      rows: kept,
      columns: gatherColumns(concatColumns([this.#none, ...found]), places),
      ...(ids && { ids: places.map((place) => names[place]!) }),
      ...(catalog && { catalog: places.map((place) => texts[place]!) }),
    };
  }

  /** The answers of those that answer in time. @throws NearfeedError unavailable where all shards were asked and none answers */
  async #ask<T>(asked: readonly Shard[], onMissing: OnMissing, call: (shard: Shard) => Promise<T>): Promise<T[]> {
    const calls = asked.map(call);
    const inTime = () => Promise.allSettled(calls.map((each) => within(this.#deadlineMs, each)));
    let answers = await inTime();
    const wereAll = asked.length === this.#shards.length;
    if (wereAll && answers.every(({ status }) => status === "rejected")) {
      // Rejects at once where all have failed. Where one comes, the others were woken with it.
      const first = await within(this.#patienceMs, Promise.any(calls)).then(
        () => true,
        () => false,
      );
      if (first) answers = await inTime();
    }
    const missing = asked.filter((_, at) => answers[at]!.status === "rejected");
    if (wereAll && missing.length === asked.length) {
      throw new NearfeedError("unavailable", "no shard of the index answers", {
        cause: answers.map((answer) => (answer.status === "rejected" ? answer.reason : undefined)),
      });
    }
    for (const { of } of missing) onMissing?.(`shard-${of.slot}`);
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  }
}

function isIn({ from, to }: ShardOf, row: number): boolean {
  return row >= from && row < to;
}

/**
 * The rows with the largest keys, equal ones by the lower row, of lists that are in that order: they are merged, one row at a
 * time, by a heap of the lists with the best head on top.
 * @param below keys from here on come first, those above it after all others: where a walk begins that goes round
 */
function best(lists: readonly KeyedRows[], count: number, below = Infinity): Uint32Array {
  const next = new Uint32Array(lists.length);
  const isBefore = (one: number, other: number): boolean => {
    const [a, b] = [lists[one]!, lists[other]!];
    const [keyA, keyB] = [a.keys[next[one]!]!, b.keys[next[other]!]!];
    const turn = Number(keyA > below) - Number(keyB > below);
    if (turn !== 0) return turn < 0;
    return keyA > keyB || (keyA === keyB && a.rows[next[one]!]! < b.rows[next[other]!]!);
  };
  const heap = [...lists.keys()].filter((list) => lists[list]!.rows.length > 0);
  const sink = (from: number): void => {
    for (let at = from; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[first]!)) first = child;
      }
      if (first === at) return;
      [heap[at], heap[first]] = [heap[first]!, heap[at]!];
      at = first;
    }
  };
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  const rows: number[] = [];
  while (heap.length > 0 && rows.length < count) {
    const list = heap[0]!;
    rows.push(lists[list]!.rows[next[list]!++]!);
    if (next[list] === lists[list]!.rows.length) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    }
    sink(0);
  }
  return Uint32Array.from(rows);
}
