// What retrieval asks of an index, wherever its vectors lie. An implementation answers rows of the release's index file;
// ids and display data are looked up afterwards, for the winners only. test/harness/index-conformance.ts holds each to it.

import type { Filter } from "../../shared/filter.ts";

/** One search: the nearest rows of each query. */
export interface SearchRequest {
  queries: readonly (readonly number[])[]; // [q, d]
  /** Rows a query. */
  count: number;
  filter: Filter;
  /** Told the name of each part of the index that did not answer, once. The answer is made of the others. */
  onMissing?: (part: string) => void;
}

/** The nearest rows of each query, best first, equal scores by the lower row. */
export interface VectorIndex {
  /** @throws NearfeedError unavailable where no part of the index answers */
  search(request: SearchRequest): Promise<Uint32Array[]>;
  /** Which of these rows pass the filter, in their order. */
  passing(rows: readonly number[], filter: Filter, onMissing?: (part: string) => void): Promise<number[]>;
}
