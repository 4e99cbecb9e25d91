// What retrieval asks of an index, wherever its vectors lie. An implementation answers rows of the release's index file;
// ids and display data are looked up afterwards, for the winners only.

import type { Filter } from "../../shared/filter.ts";

/** One search: the nearest rows of each query. */
export interface SearchRequest {
  queries: readonly (readonly number[])[]; // [q, d]
  /** Rows a query. */
  count: number;
  filter: Filter;
}

/** The nearest rows of each query, best first, equal scores by the lower row. */
export interface VectorIndex {
  search(request: SearchRequest): Promise<Uint32Array[]>;
  /** Which of these rows pass the filter, in their order. */
  passing(rows: readonly number[], filter: Filter): Promise<number[]>;
}
