// The selector: one answer of the ranked lists of all sources. It looks at no score, because scores of two sources do not
// compare; what is best for a person is decided on the device, which ranks whatever comes.

import type { Hit } from "./candidates.ts";

/** A ranked list, best first, and the source bits that its rows get. */
export interface RankedRows {
  readonly rows: ArrayLike<number>;
  readonly source: number;
}

/** The lists of one source, and how many places are kept for them. */
export interface QuotedLists {
  readonly lists: readonly RankedRows[];
  readonly quota: number;
}

/**
 * At most `count` different rows, each with the bits of every list that has it.
 *
 * The first `quota` rows of a source, its lists in turn, are all there, evenly spread over the answer, so that the head of
 * it is as mixed as the whole, and each source at other places than the rest. All other places go to the `filling` lists in turn: the best of each, the second of each,
 * and so on. Where those run out, the quoted rows move up.
 *
 * @param of.quoted whose quotas together are at most `count`
 */
export function selectCandidates(
  { filling, quoted }: { readonly filling: readonly RankedRows[]; readonly quoted: readonly QuotedLists[] },
  count: number,
): Hit[] {
  const hits = new Map<number, Hit>();
  const filler = createQueue(inTurn(filling));
  const queues = quoted.map(({ lists, quota }, at) => ({
    ...createQueue(inTurn(lists).slice(0, quota)),
    /** How many of its rows should be there once the place after `place` others is taken. */
    dueAt: (place: number) => Math.floor(((place + 1) * quota) / count + at / quoted.length),
  }));
  const waiting = () => queues.reduce((sum, { left }) => sum + left(), 0);
  while (hits.size < count) {
    const due = queues.find(({ left, taken, dueAt }) => left() > 0 && dueAt(hits.size) > taken());
    const mayFill = filler.left() > 0 && count - hits.size > waiting();
    const next = due ?? (mayFill ? filler : queues.find(({ left }) => left() > 0));
    if (next === undefined) break;
    add(hits, next.take());
  }
  // The answer is full: what the filling sources found as well is said of the rows that are in it.
  while (filler.left() > 0) {
    const { row, source } = filler.take();
    const found = hits.get(row);
    if (found !== undefined) found.source |= source;
  }
  return [...hits.values()];
}

function add(hits: Map<number, Hit>, { row, source }: Hit): void {
  const found = hits.get(row);
  if (found === undefined) hits.set(row, { row, source });
  else found.source |= source;
}

/** One list of several: the first of each, the second of each, and so on, each row at its best turn with all bits. */
function inTurn(lists: readonly RankedRows[]): Hit[] {
  const hits = new Map<number, Hit>();
  const longest = Math.max(0, ...lists.map(({ rows }) => rows.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const { rows, source } of lists) {
      const row = rows[turn];
      if (row !== undefined) add(hits, { row, source });
    }
  }
  return [...hits.values()];
}

/** Hands out hits one by one. */
function createQueue(hits: readonly Hit[]) {
  let at = 0;
  return {
    left: () => hits.length - at,
    taken: () => at,
    take: () => hits[at++]!,
  };
}
