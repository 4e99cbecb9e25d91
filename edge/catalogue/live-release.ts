// A served release with what was changed since it was made: live items are found as if they stood in its index, deleted ones
// are not found. Whoever makes lists needs no word for either.

import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import { concatColumns, gatherColumns } from "../../shared/item-columns.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { scan } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "../http/answers.ts";
import type { ItemOrders, OrderName } from "../retrieval/item-orders.ts";
import type { ServedRelease } from "../retrieval/served.ts";
import type { Tables } from "../retrieval/tables.ts";
import type { SearchRequest, VectorIndex } from "../retrieval/vector-index.ts";
import { liveTable } from "./live-table.ts";
import type { LiveTable } from "./live-table.ts";
import type { LiveReader } from "./live-view.ts";

/**
 * Makes a function that puts what was changed over a release. A release that nothing was changed of stays as it is, and so
 * does one of which that cannot be known: a list without the newest is better than none, and devices hide what is deleted.
 */
export function createLiveReleases(
  live: LiveReader,
): (env: Pick<EdgeEnv, "CATALOGUE">, served: ServedRelease) => Promise<ServedRelease> {
  const made = new WeakMap<Tables, { version: number; release: Promise<ServedRelease> }>();

  return async (env, served) => {
    const view = await live.read(env).catch((error: unknown) => console.error(logLine(error, "catalogue")));
    if (!view || (view.items.length === 0 && view.tombstones.length === 0)) return served;
    const kept = made.get(served.tables);
    if (kept?.version === view.version) return kept.release;
    const release = liveTable(served.tables, view).then((table) => withLive(served, table));
    made.set(served.tables, { version: view.version, release });
    release.catch(() => made.delete(served.tables)); // the next request tries again
    return release;
  };
}

/** The release with live items and without deleted ones. */
export function withLive(served: ServedRelease, live: LiveTable): ServedRelease {
  if (live.ids.length === 0 && live.hidden.size === 0) return served;
  const { tables, index, orders } = served;
  return {
    tables: liveTables(tables, live),
    index: liveIndex(index, tables, live),
    orders: liveOrders(orders, tables, live),
    live,
  };
}

function liveTables(tables: Tables, live: LiveTable): Tables {
  const n = tables.release.items;
  const liveRow = new Map(live.ids.map((id, i) => [id, n + i]));
  return {
    ...tables,
    id: (row) => (row < n ? tables.id(row) : live.ids[row - n]),
    catalog: (row) => (row < n ? tables.catalog(row) : live.catalog[row - n]),
    rowOf(id) {
      const row = tables.rowOf(id);
      if (row >= 0) return live.hidden.has(row) ? -1 : row;
      return liveRow.get(id) ?? -1;
    },
    columns: (rows) => gatherBoth(tables, live, rows),
  };
}

function gatherBoth(tables: Tables, live: LiveTable, rows: ArrayLike<number>): ItemColumns {
  const n = tables.release.items;
  const all = Array.from(rows);
  const own = all.filter((row) => row < n);
  if (own.length === all.length) return tables.columns(rows);
  const joined = concatColumns([tables.columns(own), live.columns]);
  let next = 0;
  return gatherColumns(
    joined,
    all.map((row) => (row < n ? next++ : own.length + row - n)),
  );
}

/** Exact, as the index itself is, but that an answer of 1,000 rows lacks as many as were deleted among them. */
function liveIndex(index: VectorIndex, tables: Tables, live: LiveTable): VectorIndex {
  const n = tables.release.items;

  return {
    async search(request: SearchRequest) {
      const { queries, count, filter } = request;
      const most = Math.min(REQUEST_LIMITS.count, count + live.hidden.size);
      const lists = await index.search({ ...request, count: most });
      const isPassing = passesLive(tables, live, filter);
      return lists.map((list, q) => {
        const own = Array.from(list).filter((row) => !live.hidden.has(row));
        const scores = scan(live.columns, queries[q]).map((score, i) => (isPassing(i) ? score : -Infinity));
        const added = Array.from(topK(scores, count), (i) => ({ row: n + i, score: scores[i] }));
        if (added.length === 0) return Uint32Array.from(own.slice(0, count));
        // The index tells no scores; those of the rows that it chose are quickly made again.
        const ownScores = scan(tables.columns(own), queries[q]);
        const both = [...own.map((row, i) => ({ row, score: ownScores[i] })), ...added];
        both.sort((a, b) => b.score - a.score || a.row - b.row);
        return Uint32Array.from(both.slice(0, count), ({ row }) => row);
      });
    },
    async passing(rows, filter) {
      const isPassing = passesLive(tables, live, filter);
      const own = new Set(
        await index.passing(
          rows.filter((row) => row < n && !live.hidden.has(row)),
          filter,
        ),
      );
      return rows.filter((row) => (row < n ? own.has(row) : isPassing(row - n)));
    },
  };
}

/**
 * Nobody has met live items, so they are the least popular. They are as new as they are dated, and one in two of what is
 * to be explored, for as long as there are any.
 */
function liveOrders(orders: ItemOrders, tables: Tables, live: LiveTable): ItemOrders {
  const n = tables.release.items;
  return {
    async inOrder(request) {
      const { order, count, filter } = request;
      const found = await orders.inOrder({ ...request, count: count + live.hidden.size });
      const own = Array.from(found).filter((row) => !live.hidden.has(row));
      const added = [...live.ids.keys()].filter(passesLive(tables, live, filter)).map((i) => n + i);
      const joined = JOINS[order](own, added, (rows) => gatherBoth(tables, live, rows).publishedAt, request.from ?? 0);
      return Uint32Array.from(joined.slice(0, count));
    },
  };
}

type Join = (own: number[], added: number[], dates: (rows: number[]) => Uint32Array, from: number) => number[];

const JOINS: Readonly<Record<OrderName, Join>> = {
  popular: (own, added) => [...own, ...added],
  fresh(own, added, dates) {
    const both = [...own, ...added];
    const dated = dates(both);
    const publishedAt = new Map(both.map((row, at) => [row, dated[at]]));
    return both.sort((a, b) => publishedAt.get(b)! - publishedAt.get(a)! || a - b);
  },
  explore(own, added, _, from) {
    const start = Math.floor(from * added.length);
    const turned = [...added.slice(start), ...added.slice(0, start)];
    const pairs = Array.from({ length: Math.max(own.length, turned.length) }, (__, i) => [turned[i], own[i]]);
    return pairs.flat().filter((row) => row !== undefined);
  },
};

function passesLive(tables: Tables, live: LiveTable, filter: Filter): (i: number) => boolean {
  const mask = passingRows(live.columns, tables.index.dictionaries, filter);
  return (i) => mask === null || mask[i] === 1;
}
