/**
 * The made-up index that the suite `retrieve` searches, and its queries. Columns that neither a search nor its filter
 * nor another source reads are zero.
 */
import type { Filter } from "../../shared/filter.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { seeded } from "../../test/harness/small-release.ts";

export const DIM = 64;
/** Rows of one answer. */
export const COUNT = 1000;
/** Searches take these in turn, so that a processor cannot learn one answer by heart. */
const QUERIES = 16;
/**
 * Filters by the share that they let pass. Two of each, which searches take in turn: an index that is asked twice with one
 * filter sieves once. No item has a region, so that every region's filter lets all of them pass.
 */
export const FILTERS = {
  "0.1": [{ language: "is" }, { language: "mt" }],
  "10": [{ language: "nl" }, { language: "sv" }],
  "100": [{ region: "IS" }, { region: "MT" }],
} as const satisfies Record<string, readonly Filter[]>;
/** Numbers of the languages by row modulo a thousand; of the others the language is "en". */
export const LANGUAGES = ["en", "is", "mt", "nl", "sv"];
const RARE_EVERY = 1000;
const COMMON_EVERY = 10;
const NEWEST_MINUTES = 29_000_000; // some day of 2025
const YEAR_MINUTES = 365 * 24 * 60;
/** Vectors are a cell's centre plus noise: rows of one cell lie together, as in the index of a release. */
const CENTRE_SPREAD = 128;
const NOISE_SPREAD = 120;
/** Each number of a query is a whole multiple of this, so that dot products are exact whatever their order of summing. */
const QUERY_STEP = 1 / 128;

export interface Catalogue {
  readonly index: ItemIndex;
  /** `[q][d]` */
  readonly queries: readonly (readonly number[])[];
}

/** Names of the files of a catalogue: its index as a release has it, and its queries as JSON. */
export function fileNames(items: number): { index: string; queries: string } {
  return { index: `index-${items}.safetensors`, queries: `queries-${items}.json` };
}

/** @param items number of rows */
export function createCatalogue(items: number, seed: number): Catalogue {
  const random = seeded(seed);
  const cells = Math.round(Math.sqrt(items));
  const centroids = Float32Array.from({ length: cells * DIM }, () => (random() - 0.5) * CENTRE_SPREAD);
  const cellStart = Uint32Array.from({ length: cells + 1 }, (_, cell) => Math.round((cell * items) / cells));
  const near = (cell: number, j: number) => Math.round(centroids[cell * DIM + j]! + (random() - 0.5) * NOISE_SPREAD);
  const vectors = new Int8Array(items * DIM);
  for (let cell = 0; cell < cells; cell++) {
    for (let row = cellStart[cell]!; row < cellStart[cell + 1]!; row++) {
      for (let j = 0; j < DIM; j++) vectors[row * DIM + j] = near(cell, j);
    }
  }
  const scale = Float32Array.from({ length: items }, () => 0.005 + 0.01 * random());
  const queries = Array.from({ length: QUERIES }, () => {
    const cell = Math.floor(random() * cells);
    return Array.from({ length: DIM }, (_, j) => near(cell, j) * QUERY_STEP);
  });
  const dictionaries = { categories: [], languages: LANGUAGES, regions: [] };
  const language = Uint8Array.from({ length: items }, (_, row) => 1 + languageOf(row));
  const columns = { ...plainColumns(items, random), vectors, scale, language };
  return { index: { columns, dictionaries, centroids, cellStart, space: "bench", rows: "bench" }, queries };
}

/** Place in `LANGUAGES`. */
export function languageOf(row: number): number {
  if (row % RARE_EVERY < 2) return 1 + (row % RARE_EVERY);
  return [3, 4].find((each) => row % COMMON_EVERY === each) ?? 0;
}

function plainColumns(size: number, random: () => number): Omit<ItemColumns, "vectors" | "scale" | "language"> {
  return {
    size,
    dim: DIM,
    popularity: Float32Array.from({ length: size }, () => Math.floor(1 / (random() + 0.0001))),
    uncertainty: Float32Array.from({ length: size }, random),
    history: new Uint32Array(size),
    publishedAt: Uint32Array.from({ length: size }, () => NEWEST_MINUTES - Math.floor(random() * YEAR_MINUTES)),
    author: new Uint32Array(size),
    duration: new Uint16Array(size),
    categoryStart: new Uint32Array(size + 1),
    category: new Uint16Array(0),
    regionStart: new Uint32Array(size + 1),
    region: new Uint16Array(0),
  };
}
