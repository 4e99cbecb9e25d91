// What retrieval asks of a release's items beside searching them, whether they lie in the Worker or in shards of it.

import type { ContentMap } from "../../shared/content-map.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import type { Release } from "../../shared/release.ts";
import type { Pack } from "./pack.ts";

/** The items of one release by name: a few bytes an item, so they are in the Worker however many there are. */
export interface Items {
  release: Release;
  /** What the index file says of all rows. */
  head: Pick<ItemIndex, "dictionaries" | "space" | "rows">;
  /** The id of a row. */
  id(row: number): string;
  /** The row of an id, or −1. */
  rowOf(id: string): number;
  /** The content map, null where the release has none; loaded when first asked for. */
  content(): Promise<ContentMap | null>;
  /** Neighbours by row block, read from the bucket when they are asked for. */
  rows: Pack | undefined;
  /** All neighbours, where there is room for them. */
  neighbours?: () => Promise<Neighbours>;
}

/** Rows with their columns and, where it was asked for, their display data. */
export interface HydratedRows {
  /** Those asked for, in their order, but for rows of parts that did not answer. */
  readonly rows: Uint32Array;
  readonly columns: ItemColumns;
  /** One JSON text a row. */
  readonly catalog?: readonly string[];
}

/** Looks up the columns and display data of rows. */
export interface Hydrator {
  hydrate(
    rows: Uint32Array,
    options?: { catalog?: boolean; onMissing?: ((part: string) => void) | undefined },
  ): Promise<HydratedRows>;
}
