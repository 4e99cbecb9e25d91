/**
 * A release made up for tests and benches: real files in the real formats, items in clear clusters, so that a test knows
 * what a like must do. No model is trained for it.
 */
import { canonicalJson } from "../../../shared/canonical-json.ts";
import { cellsOf, encodeCells } from "../../../shared/cells-file.ts";
import { encodeConstants } from "../../../shared/constants-file.ts";
import { modelSignature } from "../../../shared/encoder-inputs.ts";
import { partsOf } from "../../../shared/file-parts.ts";
import { encodeIndex } from "../../../shared/index-file.ts";
import type { ItemIndex } from "../../../shared/index-file.ts";
import { dequantize } from "../../../shared/item-columns.ts";
import { encodeNeighbours } from "../../../shared/neighbours-file.ts";
import { encodePools, encodeRowBlocks } from "../../../shared/packed-items.ts";
import type { TimeScale } from "../../../shared/posterior.ts";
import { quantizeRows } from "../../../shared/quantize.ts";
import { releaseId } from "../../../shared/release.ts";
import type { HeadName, Release, ReleaseFile, ReleaseFiles } from "../../../shared/release.ts";
import { blockCount } from "../../../shared/row-blocks.ts";
import type { SelectionDefaults } from "../../../shared/selection-defaults.ts";
import { DEFAULT_SIGNALS } from "../../../shared/signals.ts";
import { encodeSpaceMap, mapVector } from "../../../shared/space-map-file.ts";
import { encodeStringsFile, hashRows } from "../../../shared/strings-file.ts";
import { digest, seeded, text } from "../small-release.ts";

export interface SyntheticOptions {
  readonly items: number;
  readonly dim?: number;
  /** Item i is of cluster i mod clusters, which is also its category. */
  readonly clusters?: number;
  /** Item i is of cluster ⌊i · clusters / items⌋ instead, and each cluster has this many cells; otherwise one cell is all. */
  readonly cellsPerCluster?: number;
  readonly seed?: number;
  readonly neighboursPerItem?: number;
  /** Names the embedding space; the vectors depend on it. */
  readonly space?: string;
  /** The items of another release, as far as this one has so many, in a new space: their vectors go through the map. */
  readonly after?: { readonly index: ItemIndex; readonly map: Float32Array };
  readonly models?: { readonly encoder: Uint8Array; readonly ranker: Uint8Array; readonly heads: HeadName[] };
  readonly title?: (i: number) => string;
  /** Default: `item-0`, `item-1`, … */
  readonly id?: (i: number) => string;
  /** Default: `c0`, `c1`, … */
  readonly category?: (cluster: number) => string;
  /** Default: nothing is explored, so that a twin knows the list. */
  readonly selection?: SelectionDefaults;
  /** Files of more bytes are stored in parts. */
  readonly partBytes?: number;
  /** True: pool files and row blocks, as a trained release has them. */
  readonly packs?: boolean;
  /** How the long-term taste fades. Default: by half with 50 positives. */
  readonly taste?: TimeScale;
}

export interface SyntheticRelease {
  readonly release: Release;
  readonly index: ItemIndex;
  readonly ids: string[];
  readonly catalog: string[];
  /** Bytes by SHA-256. */
  readonly blobs: Map<string, Uint8Array>;
}

export async function syntheticRelease(options: SyntheticOptions): Promise<SyntheticRelease> {
  const { items: n, dim = 64, clusters = 8, seed = 1, neighboursPerItem = 8, space = "space-1" } = options;
  const { cellsPerCluster, id: idOf = (i) => `item-${i}`, category = (c) => `c${c}` } = options;
  const clusterOf = (i: number) => (cellsPerCluster ? Math.floor((i * clusters) / n) : i % clusters);
  const cells = cellsPerCluster ? clusters * cellsPerCluster : 1;
  const { after } = options;
  const ids = Array.from({ length: n }, (_, i) => idOf(i));
  const categories = Array.from({ length: clusters }, (_, c) => category(c));
  const index = await syntheticIndex({ n, ids, categories, dim, clusters, clusterOf, cells, seed, space, after });
  const title = options.title ?? ((i) => `Item ${i}`);
  const catalog = ids.map((id, i) => JSON.stringify({ id, title: title(i), categories: [categories[clusterOf(i)]] }));
  const constants = { gram: gramOf(index), categoryWeight: new Float32Array(clusters).fill(2), space };
  const neighbours = clusterNeighbours(index, cellsPerCluster ? 1 : clusters, neighboursPerItem);
  const whole = { index, ids, catalog, neighbours };
  const bytes: Record<string, Uint8Array> = {
    index: encodeIndex(index, text),
    ids: encodeStringsFile("ids", ids, index.rows, text),
    catalog: encodeStringsFile("catalog", catalog, index.rows, text),
    neighbours: encodeNeighbours(neighbours, text),
    constants: encodeConstants(constants, text),
    cells: encodeCells(cellsOf(index), text),
    ...(options.packs && { pools: encodePools(whole, text), rows: encodeRowBlocks(whole, text) }),
    ...(after && { spaceMap: encodeSpaceMap({ from: after.index.space, to: space, map: after.map }, text) }),
    ...(options.models && { encoder: options.models.encoder, ranker: options.models.ranker }),
  };
  const blobs = new Map<string, Uint8Array>();
  const files: Record<string, ReleaseFile> = {};
  for (const [role, content] of Object.entries(bytes)) {
    const sha256 = await digest(content);
    const most = options.partBytes ?? Infinity;
    const parts = await partsOf(role as keyof ReleaseFiles, content, { digest, text, most });
    let at = 0;
    for (const part of parts ?? [{ sha256, bytes: content.length }]) {
      blobs.set(part.sha256, parts ? content.slice(at, (at += part.bytes)) : content);
    }
    const onnx = role === "encoder" || role === "ranker";
    files[role] = {
      name: onnx ? `${role}.onnx` : `${role}.safetensors`,
      sha256,
      bytes: content.length,
      type: "application/octet-stream",
      ...(parts && { parts }),
    };
  }
  const heads = options.models?.heads;
  const draft: Omit<Release, "id"> = {
    format: "nearfeed-release",
    version: 1,
    createdAt: 1_700_000_000_000 + seed,
    protocol: 1,
    space,
    signature: heads ? await digest(text.encode(canonicalJson(modelSignature(dim, { names: heads })))) : null,
    dim,
    items: n,
    files: files as unknown as ReleaseFiles,
    ...(options.packs && { costs: costsOf(bytes, { cells, blocks: blockCount(ids) }) }),
    profile: {
      alpha: 0.01,
      lambda: 0.05,
      nu: 1,
      catalogueSize: n,
      taste: options.taste ?? { halfLifePositives: 50, halfLifeMs: null },
      intent: { halfLifePositives: 5, halfLifeMs: 86_400_000 },
    },
    signals: DEFAULT_SIGNALS,
    linear: {
      taste: 1,
      intent: 1,
      neighbour: 0.2,
      neighbourHalfLifePositives: 5,
      content: 0.2,
      popularity: 0.1,
      popularityMax: Math.log1p(n),
      skip: 0.5,
      skipHalfLifePositives: 10,
      skipHalfLifeMs: 86_400_000,
      adjustment: 1,
      deviation: 0.2,
    },
    heads: heads
      ? { names: heads, weights: heads.map(() => 0.1), calibration: heads.map(() => ({ a: 0, b: 1, c: 1 })) }
      : null,
    selection: options.selection ?? { diversity: 0.1, exploration: null },
    uncertainty: { sigma: 0.5, rhoSquared: 1 },
    languages: ["en"],
    regions: [],
    metrics: {},
  };
  const id = await releaseId(draft, { digest, text });
  return { release: { ...draft, id }, index, ids, catalog, blobs };
}

function costsOf(bytes: Record<string, Uint8Array>, { cells, blocks }: { cells: number; blocks: number }) {
  const sizeOf = (role: string) => bytes[role]!.length;
  return {
    device: sizeOf("index") + sizeOf("ids") + sizeOf("catalog") + sizeOf("neighbours"),
    pool: { cells, bytes: Math.round(sizeOf("pools") / cells) },
    edge: sizeOf("pools"),
    rows: { blocks, bytes: Math.round(sizeOf("rows") / blocks) },
  };
}

async function syntheticIndex(options: {
  n: number;
  ids: string[];
  categories: string[];
  dim: number;
  clusters: number;
  clusterOf: (i: number) => number;
  cells: number;
  seed: number;
  space: string;
  after: SyntheticOptions["after"];
}): Promise<ItemIndex> {
  const { n, ids, categories, dim, clusters, clusterOf, cells, seed, space, after } = options;
  const random = seeded(seed + space.length * 1_000 + space.charCodeAt(space.length - 1));
  const centres = Array.from({ length: clusters * dim }, () => random() * 2 - 1);
  const values = new Float32Array(n * dim);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < dim; j++) {
      values[i * dim + j] = (centres[clusterOf(i) * dim + j]! + 0.6 * (random() * 2 - 1)) / Math.sqrt(dim);
    }
  }
  if (after) {
    for (let i = 0; i < n; i++) values.set(mapVector(dequantize(after.index.columns, i), after.map), i * dim);
  }
  const { vectors, scale } = quantizeRows(values, dim);
  return {
    columns: {
      size: n,
      dim,
      vectors,
      scale,
      popularity: Float32Array.from({ length: n }, (_, i) => n - i),
      uncertainty: new Float32Array(n).fill(0.1),
      history: Uint32Array.from({ length: n }, (_, i) => n - i),
      publishedAt: Uint32Array.from({ length: n }, (_, i) => 28_000_000 + i),
      author: new Uint32Array(n),
      duration: new Uint16Array(n),
      language: new Uint8Array(n),
      categoryStart: Uint32Array.from({ length: n + 1 }, (_, i) => i),
      category: Uint16Array.from({ length: n }, (_, i) => clusterOf(i)),
      regionStart: new Uint32Array(n + 1),
      region: new Uint16Array(0),
    },
    dictionaries: { categories, languages: ["en"], regions: [] },
    centroids: new Float32Array(cells * dim),
    cellStart: Uint32Array.from({ length: cells + 1 }, (_, cell) => Math.floor((cell * n) / cells)),
    space,
    rows: await hashRows(ids, text, digest),
  };
}

/** The k next items, `step` apart, with falling weights: of the same cluster where step is the number of clusters. */
function clusterNeighbours({ columns, rows }: ItemIndex, step: number, perItem: number) {
  const { size } = columns;
  const neighbour = new Uint16Array(size * perItem);
  const weight = new Int8Array(size * perItem);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < perItem; k++) {
      neighbour[i * perItem + k] = (i + (k + 1) * step) % size;
      weight[i * perItem + k] = 127 - k;
    }
  }
  return { size, perItem, neighbour, weight, scale: new Float32Array(size).fill(1 / 127), rows };
}

function gramOf({ columns }: ItemIndex): Float32Array {
  const { size, dim } = columns;
  const gram = new Float64Array(dim * dim);
  for (let row = 0; row < size; row++) {
    const v = dequantize(columns, row);
    for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) gram[i * dim + j]! += v[i]! * v[j]!;
  }
  return Float32Array.from(gram);
}
