// The index inside the Worker: an exact search of every int8 vector of the release, by the scan kernel.

import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import type { IndexMemory } from "./index-memory.ts";
import type { SearchRequest, VectorIndex } from "./vector-index.ts";

/** Searches an index that is held in memory. */
export class EmbeddedIndex implements VectorIndex {
  readonly #index: ItemIndex;
  /** Its mask and its room serve every search: a search is synchronous, so two never use them at once. */
  readonly #memory: IndexMemory;

  /** @param index decoded from `memory.file` */
  constructor(index: ItemIndex, memory: IndexMemory) {
    this.#index = index;
    this.#memory = memory;
  }

  async search({ queries, count, filter }: SearchRequest): Promise<Uint32Array[]> {
    const { columns, dictionaries } = this.#index;
    const masked = passingRows(columns, dictionaries, filter, this.#memory.mask) !== null;
    return this.#memory.search(columns, queries, { count, masked });
  }

  async passing(rows: readonly number[], filter: Filter): Promise<number[]> {
    const { columns, dictionaries } = this.#index;
    const mask = passingRows(gatherColumns(columns, rows), dictionaries, filter);
    return mask === null ? [...rows] : rows.filter((_, at) => mask[at] === 1);
  }
}
