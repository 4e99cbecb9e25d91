// The live part of the catalogue in the terms of one release: its items as rows behind the release's own, embedded by the
// release's content map, and the release's rows that are deleted.

import { describeItems } from "../../shared/describe-items.ts";
import { createEmbedder } from "../../shared/content-map.ts";
import type { Dictionaries, ItemColumns } from "../../shared/item-columns.ts";
import type { Item } from "../../shared/item.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import type { Items } from "../retrieval/items.ts";
import type { LiveView } from "./live-view.ts";

/** τ of a vector that rests on nobody. */
const UNCERTAINTY = 1;

/** What was changed of a release. Live row i is row `release.items + i` of the whole. */
export interface LiveTable {
  readonly ids: readonly string[];
  /** Display data, one JSON text an item. */
  readonly catalog: readonly string[];
  /** The newest item first. Without a date of its own an item is dated by when it was added. */
  readonly columns: ItemColumns;
  /** Rows of the release that are deleted. */
  readonly hidden: ReadonlySet<number>;
  /** Parts of the release that did not say which of the ids they have. */
  readonly missing: readonly string[];
  /** Ids, live or deleted, that one of those parts may have a row of. */
  readonly unplaced: ReadonlySet<string>;
}

/**
 * Makes the table. An item is left out where the release has it, or has not all its names: it could not be filtered.
 * Of what a part has that does not answer nothing is known: its name and the ids that it may have are kept.
 * Without a content map an item has the vector 0, and is found as new alone.
 */
export async function liveTable(tables: Items, view: LiveView): Promise<LiveTable> {
  const { head, release } = tables;
  const ids = [...view.items.map(({ item }) => item.id), ...view.tombstones];
  const missing: string[] = [];
  const rows = ids.length === 0 ? [] : Array.from(await tables.rowsOf(ids, (part) => missing.push(part)));
  const { dictionaries } = head;
  const isKnown = namesKnown(dictionaries);
  const fitting = view.items.filter(({ item }, i) => rows[i]! < 0 && isKnown(item));
  const items = fitting.map(({ item, added }) => ({ publishedAt: added, ...item }));
  const map = fitting.length === 0 ? null : await tables.content();
  const vectors = new Float32Array(items.length * release.dim);
  if (map !== null) {
    const embed = createEmbedder(map);
    // As it was sent: a date that is ours says nothing of it.
    fitting.forEach(({ item }, i) => vectors.set(embed(item), i * release.dim));
  }
  return {
    ids: items.map(({ id }) => id),
    catalog: fitting.map(({ body }) => body),
    columns: {
      size: items.length,
      dim: release.dim,
      ...quantizeRows(vectors, release.dim),
      popularity: new Float32Array(items.length),
      uncertainty: new Float32Array(items.length).fill(UNCERTAINTY),
      history: new Uint32Array(items.length),
      ...describeItems(items, dictionaries),
    },
    hidden: new Set(rows.slice(view.items.length).filter((row) => row >= 0)),
    missing,
    unplaced: new Set(missing.length === 0 ? [] : ids.filter((_, at) => rows[at]! < 0)),
  };
}

/** The first name of an item that the dictionaries lack, with its path in the item; undefined where they have all. */
export function unknownName(item: Item, dictionaries: Dictionaries): { path: string; name: string } | undefined {
  const { categories, languages, regions } = dictionaries;
  const lists = [
    ...item.categories.map((name, i) => ({ path: `categories[${i}]`, name, in: categories })),
    ...(item.language === undefined ? [] : [{ path: "language", name: item.language, in: languages }]),
    ...(item.regions ?? []).map((name, i) => ({ path: `regions[${i}]`, name, in: regions })),
  ];
  return lists.find((each) => !each.in.includes(each.name));
}

function namesKnown(dictionaries: Dictionaries): (item: Item) => boolean {
  return (item) => unknownName(item, dictionaries) === undefined;
}
