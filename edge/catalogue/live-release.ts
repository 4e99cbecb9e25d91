// A served release with what was changed since it was made: live items are found as if they stood in its index, deleted ones
// are not found. Whoever makes lists needs no word for either.

import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import { concatColumns, gatherColumns } from "../../shared/item-columns.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { Clock } from "../../shared/runtime.ts";
import { scan } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "../http/answers.ts";
import type { HydratedRows, Hydrator, Items } from "../retrieval/items.ts";
import type { ItemOrders, OrderName } from "../retrieval/item-orders.ts";
import type { ServedRelease } from "../retrieval/served.ts";
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
  { now }: { now: Clock },
): (env: Pick<EdgeEnv, "CATALOGUE">, served: ServedRelease) => Promise<ServedRelease> {
  const made = new WeakMap<Items, Made>();

  return async (env, served) => {
    const view = await live.read(env).catch((error: unknown) => console.error(logLine(error, "catalogue")));
    if (!view || (view.items.length === 0 && view.tombstones.length === 0)) return served;
    const kept = made.get(served.tables);
    if (kept?.version === view.version && now() < kept.until) return kept.release;
    const release = liveTable(served.tables, view).then((table) => withLive(served, table));
    const mine: Made = { version: view.version, until: Infinity, release };
    made.set(served.tables, mine);
    release.then(
      (found) => {
        if ((found.live?.missing.length ?? 0) > 0) mine.until = now() + INCOMPLETE_MS;
      },
      () => (mine.until = -Infinity), // the next request tries again
    );
    return release;
  };
}

/** What was made of a release: used for its version of the catalogue, until then. */
interface Made {
  readonly version: number;
  until: number;
  readonly release: Promise<ServedRelease>;
}

/** A part that did not answer may be back by then; until then not every request waits for it. */
const INCOMPLETE_MS = 1_000;

/** The release with live items and without deleted ones. */
export function withLive(served: ServedRelease, live: LiveTable): ServedRelease {
  if (live.ids.length === 0 && live.hidden.size === 0 && live.missing.length === 0) return served;
  const { tables, index, orders } = served;
  const hydrator = liveHydrator(served, live);
  return {
    tables: liveTables(tables, live),
    index: liveIndex(index, served, live),
    orders: liveOrders(orders, { tables, hydrator }, live),
    hydrator,
    live,
  };
}

function liveTables(tables: Items, live: LiveTable): Items {
  const n = tables.release.items;
  const liveRow = new Map(live.ids.map((id, i) => [id, n + i]));
  return {
    ...tables,
    async rowsOf(ids, onMissing) {
      const rows = Array.from(await tables.rowsOf(ids, onMissing));
      return rows.map((row, at) => {
        const id = ids[at]!;
        // A part that has come back since may know a row of a deleted item, or of one that is found as a live one.
        if (row >= 0 && !live.unplaced.has(id)) return live.hidden.has(row) ? -1 : row;
        return liveRow.get(id) ?? -1;
      });
    },
  };
}

function liveHydrator({ tables, hydrator }: ServedRelease, live: LiveTable): Hydrator {
  const n = tables.release.items;
  return {
    async hydrate(rows, options = {}) {
      const own = rows.filter((row) => row < n);
      if (own.length === rows.length) return hydrator.hydrate(rows, options);
      const found = await hydrator.hydrate(own, options);
      return withAdded(rows, found, live, n);
    },
  };
}

/** The rows found, and the live ones among those asked for, in the order asked for. */
function withAdded(rows: Uint32Array, found: HydratedRows, live: LiveTable, n: number): HydratedRows {
  const placeOf = new Map(Array.from(found.rows, (row, place) => [row, place]));
  const kept = rows.filter((row) => row >= n || placeOf.has(row));
  const places = Array.from(kept, (row) => (row < n ? placeOf.get(row)! : found.rows.length + row - n));
  const [ids, texts] = [found.ids && [...found.ids, ...live.ids], found.catalog && [...found.catalog, ...live.catalog]];
  return {
    rows: kept,
    columns: gatherColumns(concatColumns([found.columns, live.columns]), places),
    ...(ids && { ids: places.map((place) => ids[place]!) }),
    ...(texts && { catalog: places.map((place) => texts[place]) }),
  };
}

/** Exact, as the index itself is, but that an answer of 1,000 rows lacks as many as were deleted among them. */
function liveIndex(index: VectorIndex, { tables, hydrator }: ServedRelease, live: LiveTable): VectorIndex {
  const n = tables.release.items;

  return {
    async search(request: SearchRequest) {
      const { queries, count, filter, onMissing } = request;
      const most = Math.min(REQUEST_LIMITS.count, count + live.hidden.size);
      const found = await index.search({ ...request, count: most });
      const lists = found.map((list) => list.filter((row) => !live.hidden.has(row)));
      const isPassing = passesLive(tables, live, filter);
      const passing = [...live.ids.keys()].filter(isPassing);
      if (passing.length === 0) return lists.map((list) => list.slice(0, count));
      // The index tells no scores; those of the rows that it chose are quickly made again.
      const chosen = Uint32Array.from(new Set(lists.flatMap((list) => [...list])));
      const { rows, columns } = await hydrator.hydrate(chosen, { onMissing });
      return lists.map((list, q) => {
        const ownScores = scan(columns, queries[q]);
        const scoreOf = new Map(Array.from(rows, (row, at) => [row, ownScores[at]]));
        const liveScores = scan(live.columns, queries[q]);
        const own = Array.from(list, (row) => ({ row, score: scoreOf.get(row) }));
        const both = [
          ...own.filter((each): each is { row: number; score: number } => each.score !== undefined),
          ...passing.map((i) => ({ row: n + i, score: liveScores[i] })),
        ];
        both.sort((a, b) => b.score - a.score || a.row - b.row);
        return Uint32Array.from(both.slice(0, count), ({ row }) => row);
      });
    },
    async passing(rows, filter, onMissing) {
      const isPassing = passesLive(tables, live, filter);
      const own = new Set(
        await index.passing(
          rows.filter((row) => row < n && !live.hidden.has(row)),
          filter,
          onMissing,
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
function liveOrders(
  orders: ItemOrders,
  { tables, hydrator }: Pick<ServedRelease, "tables" | "hydrator">,
  live: LiveTable,
): ItemOrders {
  const n = tables.release.items;
  return {
    async inOrder(request) {
      const { order, count, filter, below = 0, onMissing } = request;
      const found = await orders.inOrder({ ...request, count: count + live.hidden.size });
      const own = Array.from(found).filter((row) => !live.hidden.has(row));
      const added = [...live.ids.keys()].filter(passesLive(tables, live, filter)).map((i) => n + i);
      if (order === "fresh") {
        const { rows, columns } = await hydrator.hydrate(Uint32Array.of(...own, ...added), { onMissing });
        return topK(columns.publishedAt, count).map((at) => rows[at]);
      }
      return Uint32Array.from(JOINS[order](own, added, below / KEYS).slice(0, count));
    },
  };
}

/** Keys of the drawn order are below it. */
const KEYS = 2 ** 32;

const JOINS: Readonly<Record<Exclude<OrderName, "fresh">, (own: number[], added: number[], from: number) => number[]>> =
  {
    popular: (own, added) => [...own, ...added],
    explore(own, added, from) {
      const start = Math.floor(from * added.length);
      const turned = [...added.slice(start), ...added.slice(0, start)];
      const pairs = Array.from({ length: Math.max(own.length, turned.length) }, (__, i) => [turned[i], own[i]]);
      return pairs.flat().filter((row) => row !== undefined);
    },
  };

function passesLive(tables: Items, live: LiveTable, filter: Filter): (i: number) => boolean {
  const mask = passingRows(live.columns, tables.head.dictionaries, filter);
  return (i) => mask === null || mask[i] === 1;
}
