/**
 * The release in use, decoded: what every list is made from. Replaced as a whole between two lists, never changed.
 *
 * Decoding checks everything against everything else before anything is taken into use.
 */
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Candidates } from "../../shared/candidates-file.ts";
import { decodeConstants } from "../../shared/constants-file.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { decodeIndex } from "../../shared/index-file.ts";
import { createItemTable } from "../../shared/item-table.ts";
import type { ItemTable } from "../../shared/item-table.ts";
import { scoringModel } from "../../shared/model.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import type { DeepModel } from "../../shared/rank.ts";
import type { Release } from "../../shared/release.ts";
import type { Rule } from "../../shared/rules.ts";
import { decodeSpaceMap } from "../../shared/space-map-file.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";
import { decodeString } from "../../shared/string-table.ts";
import { decodeIds, openStringsFile } from "../../shared/strings-file.ts";
import type { Verified } from "../inspection.ts";
import { textCodec } from "../runtime.ts";
import { kernelScan } from "./kernel-scan.ts";
import type { NeighboursById } from "../sync/rows.ts";

/** The items that can be ranked. */
export interface Items {
  readonly table: ItemTable;
  /** Source bits of every row, where retrieval named them. */
  readonly source?: Uint16Array;
  /** The catalogue's entry of a row. */
  item(row: number): object;
  /** The items people go on to from a row, strongest first; undefined where that is not known here. */
  neighbours(row: number): (readonly [item: string, weight: number])[] | undefined;
  /** The same of items that are, or once were, among them: what was asked for by row block. */
  readonly learned?: NeighboursById;
}

/** Where a release came from, and what was checked of it. */
export interface Origin {
  /** Of its files that were fetched in this visit. */
  readonly bytes: number;
  readonly verified: Verified;
}

export interface Held {
  readonly release: Release;
  readonly origin: Origin;
  /** Ids that may not be shown, whatever the release says. */
  readonly tombstones: ReadonlySet<string>;
  /** The operator's, of the channel. */
  readonly rules: readonly Rule[];
  readonly items: Items;
  /** Undefined: the start floor, which needs none. */
  readonly model?: ScoringModel;
  /** From the spaces before into this one. */
  readonly maps?: readonly SpaceMap[];
  readonly deep?: DeepModel;
}

/** Bytes of the files that make the whole catalogue. */
export interface CatalogueFiles {
  readonly index: Uint8Array;
  readonly ids: Uint8Array;
  readonly catalog: Uint8Array;
  readonly neighbours: Uint8Array;
}

/** @throws NearfeedError of the format, `bad_release` where it does not lead to the release's space */
export function decodeMap(release: Release, bytes: Uint8Array): SpaceMap {
  const map = decodeSpaceMap(bytes, release.dim, textCodec);
  check("files.spaceMap", map.to, release.space);
  return map;
}

/** @throws NearfeedError of the formats, `wrong_space` */
export function decodeModel(release: Release, constants: Uint8Array): ScoringModel {
  return scoringModel(release, decodeConstants(constants, release.dim, textCodec));
}

/**
 * @param trusted the files were decoded before; then what the first list does not need is decoded when it is needed
 * @throws NearfeedError of the formats, `bad_release` where the files and the release disagree
 */
export function decodeCatalogue(release: Release, files: CatalogueFiles, model: ScoringModel, trusted = false): Items {
  const index = decodeIndex(files.index, textCodec);
  const { columns, dictionaries, rows } = index;
  const { size } = columns;
  check("items", size, release.items);
  check("dim", columns.dim, release.dim);
  check("space", index.space, release.space);
  check("files.constants", model.categoryWeight.length, dictionaries.categories.length);
  const ids = decodeIds(files.ids, { rows, size }, textCodec);
  const catalog = openStringsFile("catalog", files.catalog, { rows, size }, textCodec).table;
  const decode = () => decodeNeighbours(files.neighbours, { rows, size }, textCodec);
  const decoded = trusted ? once(() => orNothing(decode)) : once(decode);
  if (!trusted) decoded();
  return {
    table: createItemTable(columns, dictionaries, ids, model.categoryWeight, kernelScan),
    item: cachedItems(ids, (row) => decodeString(catalog, row, textCodec)),
    neighbours(row) {
      const lists = decoded();
      if (!lists) return undefined;
      const { perItem, neighbour, weight, scale } = lists;
      const found: [string, number][] = [];
      for (let slot = row * perItem; slot < (row + 1) * perItem; slot++) {
        if (weight[slot]! > 0) found.push([ids[neighbour[slot]!]!, scale[row]! * weight[slot]!]);
      }
      return found;
    },
  };
}

/** A file that was damaged in the store is found and fetched again soon; until then the items have no neighbours. */
function orNothing<R>(decode: () => R): R | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function once<R>(make: () => R): () => R {
  let made: { readonly value: R } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * Items of a start pool, of a cell's pool file or of an answer of retrieval.
 *
 * @param model undefined on the start floor
 * @throws NearfeedError of the format, `wrong_space`, `bad_release`
 */
export function decodePool(release: Release, bytes: Uint8Array, model: ScoringModel | undefined): Items {
  const pool = decodeCandidates(bytes, textCodec);
  const { columns, dictionaries, ids, source } = pool;
  check("space", pool.space, release.space);
  check("dim", columns.dim, release.dim);
  if (model) check("files.constants", model.categoryWeight.length, dictionaries.categories.length);
  const categoryWeight = model?.categoryWeight ?? new Float32Array(dictionaries.categories.length);
  return {
    table: createItemTable(columns, dictionaries, ids, categoryWeight, kernelScan),
    source,
    item: cachedItems(ids, catalogOf(pool)),
    neighbours: neighboursOf(pool),
  };
}

function neighboursOf({ neighbours }: Candidates): Items["neighbours"] {
  if (!neighbours) return () => undefined;
  const { perItem, ids, neighbour, weight, scale } = neighbours;
  return (row) => {
    const slots = Array.from({ length: perItem }, (_, k) => row * perItem + k).filter((slot) => weight[slot]! > 0);
    return slots.map((slot) => [ids[neighbour[slot]!]!, scale[row]! * weight[slot]!] as const);
  };
}

function catalogOf({ catalog }: Candidates): (row: number) => string {
  return (row) => catalog?.[row] ?? "{}";
}

/** Entries of the catalogue are parsed when they are first shown: most never are. */
function cachedItems(ids: readonly string[], text: (row: number) => string): (row: number) => object {
  const parsed = new Map<number, object>();
  return (row) => {
    let item = parsed.get(row);
    if (!item) {
      item = { id: ids[row]!, ...(JSON.parse(text(row)) as object) };
      parsed.set(row, item);
    }
    return item;
  };
}

function check(path: string, got: string | number, expected: string | number): void {
  if (got === expected) return;
  throw new NearfeedError("bad_release", `The files have ${path} ${got}, the release says ${expected}.`, { path });
}
