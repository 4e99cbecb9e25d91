/**
 * Items as columns: what scanning, scoring and filtering read of n items, in row order.
 *
 * An index holds them for the whole catalogue, a candidates file for the rows of one answer: both give this one shape,
 * so everything after retrieval is written once. Ids and display data are not here: only the winners' are ever read.
 */
import { appealOf, APPEALS } from "./appeal.ts";

/** Columns of n items with vectors of d dimensions. A vector is `scale[i] * vectors[i * dim .. (i + 1) * dim]`. */
export interface ItemColumns {
  readonly size: number;
  readonly dim: number;
  /** int8 vectors, `[n, d]` row-major. */
  readonly vectors: Int8Array;
  /** What one int8 step of a row's vector is worth. */
  readonly scale: Float32Array;
  /** Interactions of the item in the training window, decayed or not as the trainer chose. */
  readonly popularity: Float32Array;
  /** See `appeal.ts`; absent where no log says what was shown and left. `[n, APPEALS]` */
  readonly appeal?: Float32Array;
  /** τ: how little is known of the vector; falls with history. */
  readonly uncertainty: Float32Array;
  /** How many people's interactions the vector rests on. */
  readonly history: Uint32Array;
  /** Minutes since 1970; 0 where unknown. */
  readonly publishedAt: Uint32Array;
  /** `authorKey` of the author; 0 where there is none. */
  readonly author: Uint32Array;
  /** Seconds; 0 where unknown. */
  readonly duration: Uint16Array;
  /** Index into the languages of the dictionaries, plus 1; 0 where unknown. */
  readonly language: Uint8Array;
  /** `[n + 1]` into `category`. */
  readonly categoryStart: Uint32Array;
  readonly category: Uint16Array;
  /** `[n + 1]` into `region`; an item without regions is for all of them. */
  readonly regionStart: Uint32Array;
  readonly region: Uint16Array;
}

/** The closed lists that category, language and region numbers index. */
export interface Dictionaries {
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  readonly regions: readonly string[];
}

/** Gathers the columns of some rows, in the order given. */
export function gatherColumns(from: ItemColumns, rows: ArrayLike<number>): ItemColumns {
  const { dim } = from;
  const size = rows.length;
  const vectors = new Int8Array(size * dim);
  for (let i = 0; i < size; i++) vectors.set(from.vectors.subarray(rows[i]! * dim, (rows[i]! + 1) * dim), i * dim);
  const categories = gatherRagged(from.categoryStart, from.category, rows);
  const regions = gatherRagged(from.regionStart, from.region, rows);
  return {
    size,
    dim,
    vectors,
    scale: pick(from.scale, rows, new Float32Array(size)),
    popularity: pick(from.popularity, rows, new Float32Array(size)),
    ...(from.appeal && { appeal: pickAppeal(from, rows) }),
    uncertainty: pick(from.uncertainty, rows, new Float32Array(size)),
    history: pick(from.history, rows, new Uint32Array(size)),
    publishedAt: pick(from.publishedAt, rows, new Uint32Array(size)),
    author: pick(from.author, rows, new Uint32Array(size)),
    duration: pick(from.duration, rows, new Uint16Array(size)),
    language: pick(from.language, rows, new Uint8Array(size)),
    categoryStart: categories.start,
    category: categories.values,
    regionStart: regions.start,
    region: regions.values,
  };
}

/** Columns of no items. */
export function emptyColumns(dim: number): ItemColumns {
  return {
    size: 0,
    dim,
    vectors: new Int8Array(0),
    scale: new Float32Array(0),
    popularity: new Float32Array(0),
    uncertainty: new Float32Array(0),
    history: new Uint32Array(0),
    publishedAt: new Uint32Array(0),
    author: new Uint32Array(0),
    duration: new Uint16Array(0),
    language: new Uint8Array(0),
    categoryStart: new Uint32Array(1),
    category: new Uint16Array(0),
    regionStart: new Uint32Array(1),
    region: new Uint16Array(0),
  };
}

/** All rows of several tables, one after the other. @param tables of one dimension, at least one */
export function concatColumns(tables: readonly ItemColumns[]): ItemColumns {
  const size = tables.reduce((sum, table) => sum + table.size, 0);
  const joined = <A extends Column>(made: A, of: (table: ItemColumns) => A): A => {
    let at = 0;
    for (const table of tables) {
      made.set(of(table), at);
      at += of(table).length;
    }
    return made;
  };
  const total = (of: (table: ItemColumns) => Column) => tables.reduce((sum, table) => sum + of(table).length, 0);
  const { dim } = tables[0]!;
  return {
    size,
    dim,
    vectors: joined(new Int8Array(size * dim), ({ vectors }) => vectors),
    scale: joined(new Float32Array(size), ({ scale }) => scale),
    popularity: joined(new Float32Array(size), ({ popularity }) => popularity),
    ...(tables.some(({ appeal }) => appeal) && {
      appeal: joined(new Float32Array(size * APPEALS.length), (table) => appealColumn(table)),
    }),
    uncertainty: joined(new Float32Array(size), ({ uncertainty }) => uncertainty),
    history: joined(new Uint32Array(size), ({ history }) => history),
    publishedAt: joined(new Uint32Array(size), ({ publishedAt }) => publishedAt),
    author: joined(new Uint32Array(size), ({ author }) => author),
    duration: joined(new Uint16Array(size), ({ duration }) => duration),
    language: joined(new Uint8Array(size), ({ language }) => language),
    categoryStart: concatStarts(tables.map(({ categoryStart }) => categoryStart)),
    category: joined(new Uint16Array(total(({ category }) => category)), ({ category }) => category),
    regionStart: concatStarts(tables.map(({ regionStart }) => regionStart)),
    region: joined(new Uint16Array(total(({ region }) => region)), ({ region }) => region),
  };
}

/** The vector of one row as float32 `[d]`. */
export function dequantize(columns: ItemColumns, row: number): Float32Array {
  const { dim, vectors } = columns;
  const scale = columns.scale[row]!;
  const vector = new Float32Array(dim);
  for (let j = 0; j < dim; j++) vector[j] = vectors[row * dim + j]! * scale;
  return vector;
}

/** The vectors of some rows as float32, `[rows, d]` row-major. */
export function gatherVectors(columns: ItemColumns, rows: ArrayLike<number>): Float32Array {
  const { dim, vectors, scale } = columns;
  const out = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    for (let j = 0; j < dim; j++) out[i * dim + j] = vectors[row * dim + j]! * scale[row]!;
  }
  return out;
}

/** Category numbers of one row. */
export function categoriesOf(columns: ItemColumns, row: number): Uint16Array {
  return columns.category.subarray(columns.categoryStart[row], columns.categoryStart[row + 1]);
}

/**
 * The number that stands for an author: 32-bit FNV-1a of the name's UTF-16 units, never 0 (which means "none"). A hash
 * and not a dictionary, so that an author who is new today needs no release.
 */
export function authorKey(author: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < author.length; i++) {
    hash ^= author.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0 || 1;
}

type Column = Float32Array | Uint32Array | Uint16Array | Int8Array | Uint8Array;

function concatStarts(starts: readonly Uint32Array[]): Uint32Array {
  const all = [0];
  for (const start of starts) {
    const base = all.at(-1)!;
    for (let i = 1; i < start.length; i++) all.push(base + start[i]!);
  }
  return Uint32Array.from(all);
}

function appealColumn({ appeal, size }: ItemColumns): Float32Array {
  return appeal ?? new Float32Array(size * APPEALS.length);
}

function pickAppeal(from: ItemColumns, rows: ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows.length * APPEALS.length);
  for (let at = 0; at < out.length; at++) {
    const of = at % APPEALS.length;
    out[at] = appealOf(from, rows[(at - of) / APPEALS.length]!, of);
  }
  return out;
}

function pick<A extends { [i: number]: number }>(from: A, rows: ArrayLike<number>, out: A): A {
  for (let i = 0; i < rows.length; i++) out[i] = from[rows[i]!]!;
  return out;
}

function gatherRagged(start: Uint32Array, values: Uint16Array, rows: ArrayLike<number>) {
  const newStart = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) newStart[i + 1] = newStart[i]! + start[rows[i]! + 1]! - start[rows[i]!]!;
  const newValues = new Uint16Array(newStart[rows.length]!);
  for (let i = 0; i < rows.length; i++)
    newValues.set(values.subarray(start[rows[i]!], start[rows[i]! + 1]), newStart[i]);
  return { start: newStart, values: newValues };
}
