/**
 * Neighbours that came apart from their items: with row blocks, for liked items of answers that do not carry any. When they
 * are asked for is decided in `near-pool.ts`.
 */
import type { NeighboursById } from "../sync/rows.ts";
import type { Items } from "./held.ts";

/** The log keeps what was learnt with its events; here it need not outlast the likes that it is asked for. */
const MOST_LEARNED = 500;

/** What was learnt of these items and what is new. */
export function alsoLearned({ learned = new Map() }: Items, more: NeighboursById): NeighboursById {
  return new Map([...learned, ...more].slice(-MOST_LEARNED));
}

/** Those of some items whose neighbours nobody here knows. */
export function unknownOf({ table, learned, neighbours }: Items, liked: readonly string[]): string[] {
  return liked.filter((item) => {
    const row = table.rowOf.get(item);
    return !learned?.has(item) && (row === undefined || !neighbours(row));
  });
}

/** The same items, knowing what was learnt as well. */
export function withLearned(items: Items, learned: NeighboursById | undefined): Items {
  if (!learned) return items;
  return { ...items, learned, neighbours: (row) => items.neighbours(row) ?? learned.get(items.table.ids[row]!) };
}
