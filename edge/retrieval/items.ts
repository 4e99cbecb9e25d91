// What retrieval asks of a release's items beside searching them, whether they lie in the Worker or in shards of it.

import type { ContentMap } from "../../shared/content-map.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import type { Release } from "../../shared/release.ts";
import type { Pack } from "./pack.ts";

/** The items of one release by name. */
export interface Items {
  release: Release;
  /** What the index file says of all rows. */
  head: Pick<ItemIndex, "dictionaries" | "space" | "rows">;
  /** The rows of ids, −1 for those that the release lacks, or that a part of it has which does not answer. */
  rowsOf(ids: readonly string[], onMissing?: (part: string) => void): Promise<ArrayLike<number>>;
  /** The content map, null where the release has none; loaded when first asked for. */
  content(): Promise<ContentMap | null>;
  /** Neighbours by row block, read from the bucket when they are asked for. */
  rows: Pack | undefined;
  /** All neighbours, where there is room for them. */
  neighbours?: () => Promise<Neighbours>;
}

/** What of rows is asked for beside their columns. */
export interface HydratedTexts {
  readonly ids?: boolean;
  readonly catalog?: boolean;
}

/** Rows with their columns and, where they were asked for, their ids and display data. */
export interface HydratedRows {
  /** Those asked for, in their order, but for rows of parts that did not answer. */
  readonly rows: Uint32Array;
  readonly columns: ItemColumns;
  readonly ids?: readonly string[];
  /** One JSON text a row. */
  readonly catalog?: readonly string[];
}

/** Looks up the columns, ids and display data of rows. */
export interface Hydrator {
  hydrate(
    rows: Uint32Array,
    options?: HydratedTexts & { onMissing?: ((part: string) => void) | undefined },
  ): Promise<HydratedRows>;
}
