/**
 * What was learnt of items elsewhere, from a whole log of which the dataset is a sample of people: a Spark job's vectors,
 * neighbour lists and counts. Not read here: that is `read/read-prepared.ts`.
 */
import type { NeighbourLists } from "./neighbours.ts";

/** Rows in the order of the dataset's items. */
export interface PreparedItems {
  /** d */
  readonly dim: number;
  /** `[n, dim]`; zeros for an item that nobody met. */
  readonly vectors: Float32Array;
  readonly neighbours: NeighbourLists;
  /** People with a positive signal. `[n]` */
  readonly history: Uint32Array;
  /** Σ y·c. `[n]` */
  readonly popularity: Float32Array;
}

/** The same with nothing known of hidden items, as if nobody had met them. @param hidden 1 for each, `[n]` */
export function withoutHidden(prepared: PreparedItems, hidden: Uint8Array): PreparedItems {
  const { dim, neighbours } = prepared;
  const { perItem } = neighbours;
  const vectors = prepared.vectors.slice();
  const history = prepared.history.slice();
  const popularity = prepared.popularity.slice();
  const neighbour = Uint32Array.from(neighbours.neighbour, (_, slot) => Math.floor(slot / perItem));
  const weight = new Float32Array(neighbours.weight.length);
  hidden.forEach((isHidden, item) => {
    if (isHidden) {
      vectors.fill(0, item * dim, (item + 1) * dim);
      history[item] = 0;
      popularity[item] = 0;
      return;
    }
    let to = item * perItem;
    for (let slot = to; slot < (item + 1) * perItem; slot++) {
      if (hidden[neighbours.neighbour[slot]]) continue;
      neighbour[to] = neighbours.neighbour[slot];
      weight[to++] = neighbours.weight[slot];
    }
  });
  return { dim, vectors, history, popularity, neighbours: { perItem, neighbour, weight } };
}
