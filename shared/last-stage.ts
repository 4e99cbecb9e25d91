/**
 * The candidates of the last stage: the best by the linear score, united with what single sources find, each up to its
 * quota. What the linear score would leave out gets a deep score too, and an entry can say what found it.
 */
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";
import { littleKnown, publishedLately } from "./explore-slots.ts";
import type { LinearScores } from "./linear-score.ts";
import { scanInto } from "./scan.ts";
import { sourceBit } from "./sources.ts";
import { topK } from "./top-k.ts";

export interface LastStage {
  /** Best linear score first. */
  readonly rows: Uint32Array;
  /** Source bits of the rows that a source has found. */
  readonly found: ReadonlyMap<number, number>;
}

/** Places that a source has for sure; together well below the stage's size, most of which is the linear score's. */
const QUOTAS = { nearest: 100, neighbour: 100, popular: 50, fresh: 50, explore: 50 } as const;

/**
 * @param open linear scores with −Infinity for rows that may not be shown, `[n]`
 * @param size how many candidates there are room for
 * @param pinned rows that come whatever their score
 */
export function lastStage(
  table: ItemTable,
  open: Float32Array,
  linear: LinearScores,
  interest: Interest,
  size: number,
  pinned: readonly number[] = [],
): LastStage {
  const found = new Map<number, number>();
  const scores = new Float32Array(open.length);
  /** Scores of −Infinity are of rows that the source does not find. */
  const take = (source: keyof typeof QUOTAS, from: ArrayLike<number>) => {
    for (const row of topK(from, QUOTAS[source])) found.set(row, (found.get(row) ?? 0) | sourceBit(source));
  };
  const takeOpen = (source: keyof typeof QUOTAS, from: ArrayLike<number>, least = -Infinity) => {
    for (let row = 0; row < scores.length; row++) {
      scores[row] = open[row]! > -Infinity && from[row]! > least ? from[row]! : -Infinity;
    }
    take(source, scores);
  };
  const takeKind = (source: keyof typeof QUOTAS, is: (row: number) => boolean) => {
    for (let row = 0; row < scores.length; row++) scores[row] = is(row) ? open[row]! : -Infinity;
    take(source, scores);
  };
  if (interest.signals.length > 0) {
    const { vectors, scale, dim } = table.columns;
    const near = new Float32Array(open.length);
    scanInto(vectors, scale, dim, interest.taste.mean, near);
    takeOpen("nearest", near);
    takeOpen("nearest", linear.vector);
  }
  takeOpen("neighbour", linear.neighbour, 0);
  takeOpen("popular", linear.popularity);
  takeKind("fresh", publishedLately(table, interest.now));
  takeKind("explore", littleKnown(table, interest.now));
  return { rows: united(topK(open, size), open, [...found.keys(), ...pinned]), found };
}

/** The rows, the worst of them giving way to those that must be there; best first. */
function united(rows: Uint32Array, open: Float32Array, must: readonly number[]): Uint32Array {
  const has = new Set(rows);
  const missing = [...new Set(must)].filter((row) => !has.has(row) && open[row]! > -Infinity);
  if (missing.length === 0) return rows;
  const stays = new Set(must);
  let toGo = missing.length;
  const kept: number[] = [];
  for (let n = rows.length - 1; n >= 0; n--) {
    if (toGo > 0 && !stays.has(rows[n]!)) toGo--;
    else kept.push(rows[n]!);
  }
  const late = missing.sort((a, b) => open[b]! - open[a]! || a - b);
  return Uint32Array.from([...kept.reverse(), ...late]);
}
