// The index inside the Worker: an exact search of every int8 vector of the release, by the scan kernel, and the orders of
// the catalogue beside it. One mask serves both: who asks for all sources with one filter pays for it once.

import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import type { IndexMemory, ScoredRows } from "./index-memory.ts";
import { createOrders, placeBelow, walk } from "./item-orders.ts";
import type { ItemOrders, OrderedItems, OrderName, OrderRequest } from "./item-orders.ts";
import type { SearchRequest, VectorIndex } from "./vector-index.ts";

/** What is searched: a whole index, or the columns of some rows of one. */
type IndexedItems = Pick<ItemIndex, "columns" | "dictionaries">;

/** Searches an index that is held in memory. */
export class EmbeddedIndex implements VectorIndex, ItemOrders {
  readonly #index: IndexedItems;
  /** Its mask and its room serve every search: a search is synchronous, so two never use them at once. */
  readonly #memory: IndexMemory;
  readonly #order: (name: OrderName) => Uint32Array;
  readonly #made: Omit<OrderedItems, "columns">;
  /** The filter that the mask is of, as JSON, and whether it refuses anything. */
  #masked: { readonly filter: string; readonly some: boolean } | undefined;

  /**
   * @param index its vectors and scales lie in `memory.file`
   * @param made when the release was made, epoch ms, and the seed of its draws
   */
  constructor(index: IndexedItems, memory: IndexMemory, made: Omit<OrderedItems, "columns">) {
    this.#index = index;
    this.#memory = memory;
    this.#made = made;
    this.#order = createOrders({ ...made, columns: index.columns });
  }

  async search(request: SearchRequest): Promise<Uint32Array[]> {
    return this.searchScored(request).map(({ rows }) => rows);
  }

  /** The same with the scores. */
  searchScored({ queries, count, filter }: SearchRequest): ScoredRows[] {
    const masked = this.#mask(filter) !== null;
    return this.#memory.search(this.#index.columns, queries, { count, masked });
  }

  async passing(rows: readonly number[], filter: Filter): Promise<number[]> {
    const { columns, dictionaries } = this.#index;
    const mask = passingRows(gatherColumns(columns, rows), dictionaries, filter);
    return mask === null ? [...rows] : rows.filter((_, at) => mask[at] === 1);
  }

  async inOrder(request: OrderRequest): Promise<Uint32Array> {
    const { count, filter, below } = request;
    const order = this.#order(request.order);
    return walk(order, count, this.#mask(filter), below === undefined ? 0 : placeBelow(order, below, this.#made));
  }

  /** The mask of a filter, in the index's memory; null where everything passes. */
  #mask(filter: Filter): Uint8Array | null {
    const key = JSON.stringify(filter);
    if (this.#masked?.filter !== key) {
      const { columns, dictionaries } = this.#index;
      this.#masked = { filter: key, some: passingRows(columns, dictionaries, filter, this.#memory.mask) !== null };
    }
    return this.#masked.some ? this.#memory.mask : null;
  }
}
