/**
 * The made-up index that the suite `retrieve` searches, and its queries. Columns that neither a search nor its filter
 * reads are zero.
 */
import type { ItemIndex } from "../../shared/index-file.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { seeded } from "../../test/harness/small-release.ts";

export const DIM = 64;
/** Rows of one answer. */
export const COUNT = 1000;
/** Searches take these in turn, so that a processor cannot learn one answer by heart. */
const QUERIES = 16;
/** Nearly all items are of the first language, and few of the second: a filter that lets most pass, and one that does not. */
export const LANGUAGES = { wide: "en", narrow: "is" };
/** Every so many items are of the second. */
const NARROW_EVERY = 100;
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
  const dictionaries = { categories: [], languages: Object.values(LANGUAGES), regions: [] };
  const language = Uint8Array.from({ length: items }, (_, row) => (row % NARROW_EVERY === 0 ? 2 : 1));
  const columns = { ...emptyColumns(items), vectors, scale, language };
  return { index: { columns, dictionaries, centroids, cellStart, space: "bench", rows: "bench" }, queries };
}

function emptyColumns(size: number): Omit<ItemColumns, "vectors" | "scale" | "language"> {
  return {
    size,
    dim: DIM,
    popularity: new Float32Array(size),
    uncertainty: new Float32Array(size),
    history: new Uint32Array(size),
    publishedAt: new Uint32Array(size),
    author: new Uint32Array(size),
    duration: new Uint16Array(size),
    categoryStart: new Uint32Array(size + 1),
    category: new Uint16Array(0),
    regionStart: new Uint32Array(size + 1),
    region: new Uint16Array(0),
  };
}
