// The index in Cloudflare Vectorize: a bounded number of calls at once, what they find filtered and scored again, and merged.
// It holds no vectors. What it is asked for lies in the index as vectorize-layout.ts says; publish/vectors.ts puts it there.
//
// Scores of Vectorize are approximate, and of dot products the sign is turned round. They are not used: what it returns are
// candidates, whose columns are looked up for the filter anyway, so each gets the exact score that the embedded index gives it.

import { NearfeedError } from "../../shared/errors.ts";
import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import type { Dictionaries } from "../../shared/item-columns.ts";
import { scan } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import type { Hydrator } from "./items.ts";
import type { SearchRequest, VectorIndex } from "./vector-index.ts";
import { namespaceOf, partialFilter, PARTITIONS, rowOfVector, rowsAPartition } from "./vectorize-layout.ts";
import type { PartialFilter, Ranks } from "./vectorize-layout.ts";

/** Where the columns of found rows come from. */
export interface ColumnSource extends Hydrator {
  readonly dictionaries: Dictionaries;
}

/** Searches a release in a Vectorize index. A search makes {@link PARTITIONS} calls a query. */
export class VectorizeIndex implements VectorIndex {
  readonly #binding: Vectorize;
  readonly #release: string;
  readonly #items: ColumnSource;

  readonly #ranks: Ranks;

  /** @param ranks those that the vectors were put there with */
  constructor(binding: Vectorize, release: string, { items, ranks }: { items: ColumnSource; ranks: Ranks }) {
    this.#binding = binding;
    this.#release = release;
    this.#items = items;
    this.#ranks = ranks;
  }

  async search({ queries, count, filter, onMissing }: SearchRequest): Promise<Uint32Array[]> {
    const partial = partialFilter(filter, this.#items.dictionaries, this.#ranks);
    const missing = new Set<number>();
    const found = await Promise.all(queries.map((query) => this.#candidates(query, count, partial, missing)));
    if (queries.length > 0 && missing.size === PARTITIONS && found.every((rows) => rows.length === 0)) {
      throw new NearfeedError("unavailable", "the vector index does not answer");
    }
    for (const partition of missing) onMissing?.(`vectorize-${partition}`);
    return Promise.all(queries.map((query, at) => this.#best(found[at]!, query, { count, filter, onMissing })));
  }

  async passing(rows: readonly number[], filter: Filter, onMissing?: (part: string) => void): Promise<number[]> {
    const found = await this.#items.hydrate(Uint32Array.from(rows), { onMissing });
    const mask = passingRows(found.columns, this.#items.dictionaries, filter);
    return Array.from(mask === null ? found.rows : found.rows.filter((_, at) => mask[at] === 1));
  }

  /** Rows that may be among the best of a query, ascending. */
  async #candidates(
    query: readonly number[],
    count: number,
    partial: PartialFilter,
    missing: Set<number>,
  ): Promise<Uint32Array> {
    const { metadata } = partial;
    const topKRows = rowsAPartition(count, partial);
    const answers = await Promise.allSettled(
      Array.from({ length: PARTITIONS }, (_, partition) =>
        this.#binding.query([...query], {
          topK: topKRows,
          namespace: namespaceOf(this.#release, partition),
          ...(metadata && { filter: metadata }),
        }),
      ),
    );
    const rows = answers.flatMap((answer, partition) => {
      if (answer.status === "fulfilled") return answer.value.matches.map(({ id }) => rowOfVector(id));
      missing.add(partition);
      return [];
    });
    return Uint32Array.from(rows).sort();
  }

  async #best(
    candidates: Uint32Array,
    query: readonly number[],
    { count, filter, onMissing }: Pick<SearchRequest, "count" | "filter" | "onMissing">,
  ): Promise<Uint32Array> {
    const { rows, columns } = await this.#items.hydrate(candidates, { onMissing });
    const mask = passingRows(columns, this.#items.dictionaries, filter);
    const scores = scan(columns, query);
    if (mask !== null) for (let at = 0; at < scores.length; at++) if (mask[at] === 0) scores[at] = -Infinity;
    return topK(scores, count).map((at) => rows[at]!);
  }
}
