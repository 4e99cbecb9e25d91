// The index inside the Worker: an exact scan of every int8 vector of the release.

import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { scanInto } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import type { SearchRequest, VectorIndex } from "./vector-index.ts";

/** Searches an index that is held in memory. */
export class EmbeddedIndex implements VectorIndex {
  readonly #index: ItemIndex;
  /** One buffer for all searches: the scan is synchronous, so two never use it at once. */
  readonly #scores: Float32Array;

  constructor(index: ItemIndex) {
    this.#index = index;
    this.#scores = new Float32Array(index.columns.size);
  }

  async search({ queries, count, filter }: SearchRequest): Promise<Uint32Array[]> {
    const mask = this.#mask(filter);
    return queries.map((query) => this.#nearest(query, count, mask));
  }

  async passing(rows: readonly number[], filter: Filter): Promise<number[]> {
    const mask = this.#mask(filter);
    return mask === null ? [...rows] : rows.filter((row) => mask[row] === 1);
  }

  #nearest(query: readonly number[], count: number, mask: Uint8Array | null): Uint32Array {
    const { vectors, scale, dim } = this.#index.columns;
    const scores = this.#scores;
    scanInto(vectors, scale, dim, query, scores);
    // top-k never takes −∞, so the filter holds before the selection and not after it.
    if (mask !== null) for (let row = 0; row < mask.length; row++) if (mask[row] === 0) scores[row] = -Infinity;
    return topK(scores, count);
  }

  #mask(filter: Filter): Uint8Array | null {
    const { columns, dictionaries } = this.#index;
    return passingRows(columns, dictionaries, filter);
  }
}
