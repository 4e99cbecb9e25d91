/**
 * Items ready to be scored: their columns and ids, with what scoring derives from them once and then reads many times.
 *
 * Made from an index, a start pool or an answer of retrieval alike. Holds nothing of a person but a cache of cosines to
 * skipped items, which costs a scan each.
 */
import type { Dictionaries, ItemColumns } from "./item-columns.ts";
import { norm } from "./linear-algebra.ts";
import { plainScan } from "./scan.ts";
import type { Scan } from "./scan.ts";

export interface ItemTable {
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
  readonly ids: readonly string[];
  readonly rowOf: ReadonlyMap<string, number>;
  /** ‖v‖ of every row, `[n]`. */
  readonly vectorNorm: Float32Array;
  /** Norm of every row's categories and author, `[n]`; the twin of `ContentProfile`. */
  readonly contentNorm: Float32Array;
  /** log1p(popularity), `[n]`. */
  readonly popularityLog: Float64Array;
  /** The authors that occur, numbered from 1, so that what is known of authors can be looked up by array. */
  readonly authorNumber: ReadonlyMap<number, number>;
  /** Number of every row's author, 0 for none, `[n]`. */
  readonly authorOf: Uint32Array;
  /** Scans the vectors. */
  readonly scan: Scan;
  /**
   * `max(0, cos(v_i, v))` for every row i, `[n]`, kept for the last few keys.
   *
   * @param key names the vector; the same key must always come with the same vector
   */
  nearness(key: string, vector: ArrayLike<number>): Float32Array;
}

/** What a shared author weighs beside a category, whose weight is its inverse document frequency (about 1 to 6). */
export const AUTHOR_WEIGHT = 2;

/** As many vectors as the skip term looks at, with room for the ones that take their place. */
const NEARNESS_ENTRIES = 32;

/**
 * @param categoryWeight weight of every category of the dictionary, `[categories]`
 * @param scanOf makes the scan of the columns
 */
export function createItemTable(
  columns: ItemColumns,
  dictionaries: Dictionaries,
  ids: readonly string[],
  categoryWeight: ArrayLike<number>,
  scanOf: (columns: ItemColumns) => Scan = plainScan,
): ItemTable {
  const scan = scanOf(columns);
  const vectorNorm = vectorNorms(columns);
  const cache = new Map<string, Float32Array>();
  const authorNumber = numberAuthors(columns);
  return {
    columns,
    dictionaries,
    ids,
    rowOf: rowsById(ids),
    vectorNorm,
    contentNorm: contentNorms(columns, categoryWeight),
    popularityLog: popularityLogs(columns),
    authorNumber,
    scan,
    authorOf: columns.author.map((author) => authorNumber.get(author) ?? 0),
    nearness(key, vector) {
      const cached = cache.get(key);
      if (cached) return cached;
      const near = nearnessOf(scan, vectorNorm, vector);
      cache.set(key, near);
      if (cache.size > NEARNESS_ENTRIES) cache.delete(cache.keys().next().value!);
      return near;
    },
  };
}

function nearnessOf(scan: Scan, vectorNorm: Float32Array, vector: ArrayLike<number>): Float32Array {
  const near = new Float32Array(vectorNorm.length);
  const length = norm(vector);
  if (length === 0) return near;
  scan([vector], [near]);
  for (let i = 0; i < near.length; i++)
    near[i] = vectorNorm[i]! > 0 ? Math.max(0, near[i]! / (vectorNorm[i]! * length)) : 0;
  return near;
}

function rowsById(ids: readonly string[]): Map<string, number> {
  const rows = new Map<string, number>();
  ids.forEach((id, row) => rows.set(id, row));
  return rows;
}

function popularityLogs({ popularity }: ItemColumns): Float64Array {
  const logs = new Float64Array(popularity.length);
  for (let i = 0; i < logs.length; i++) logs[i] = Math.log1p(popularity[i]!);
  return logs;
}

function numberAuthors(columns: ItemColumns): Map<number, number> {
  const numbers = new Map<number, number>();
  for (const author of columns.author) if (author !== 0 && !numbers.has(author)) numbers.set(author, numbers.size + 1);
  return numbers;
}

function vectorNorms(columns: ItemColumns): Float32Array {
  const { size, dim, vectors, scale } = columns;
  const norms = new Float32Array(size);
  for (let i = 0, at = 0; i < size; i++) {
    // Written out: a view a row costs more than the sum.
    let sum = 0;
    for (const end = at + dim; at < end; at++) sum += vectors[at]! * vectors[at]!;
    norms[i] = scale[i]! * Math.sqrt(sum);
  }
  return norms;
}

function contentNorms(columns: ItemColumns, categoryWeight: ArrayLike<number>): Float32Array {
  const norms = new Float32Array(columns.size);
  for (let i = 0; i < columns.size; i++) {
    let sum = columns.author[i] === 0 ? 0 : AUTHOR_WEIGHT * AUTHOR_WEIGHT;
    for (let at = columns.categoryStart[i]!; at < columns.categoryStart[i + 1]!; at++) {
      sum += categoryWeight[columns.category[at]!]! ** 2;
    }
    norms[i] = Math.sqrt(sum);
  }
  return norms;
}
