/** What of a release the estimate needs: how many files and bytes each way of retrieving fetches. Made up or a real one. */
import { deviceFiles, blobsOf, MAX_BLOB_BYTES, releaseFiles } from "../../shared/release.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import { cellCount } from "../items/cells.ts";
import type { Measured } from "./measured.ts";

/** Files that a device fetches, once a release. */
interface Fetched {
  readonly blobs: number;
  readonly bytes: number;
}

export interface Catalogue {
  readonly items: number;
  readonly dim: number;
  readonly cells: number;
  readonly files: { readonly device: Fetched; readonly pool: Fetched; readonly edge: Fetched };
  /** Mean bytes of one file of a cell, or of a block of rows. */
  readonly pool: { readonly bytes: number };
  readonly rows: { readonly bytes: number };
  /** What the bucket keeps of it. */
  readonly storedBytes: number;
  /** What a Worker holds of it, and what shards would hold, were it divided. */
  readonly residentBytes: number;
  readonly shardedBytes: number;
}

/** Ids of items in a lookup, 4 bytes a slot, half of them taken; three orders; a mask: what is held beside the files. */
const RESIDENT_BYTES_AN_ITEM = 8 + 12 + 1;
/** A shard has the orders, its mask and at most four slots of the lookup beside the files. */
const SHARD_BYTES_AN_ITEM = 12 + 1 + 16;

/** The catalogue of a real release. */
export function catalogueOf(release: Release): Catalogue {
  const { files, items, dim, costs } = release;
  const of = (wanted: readonly (ReleaseFile | undefined)[]): Fetched => {
    const there = wanted.filter((file) => file !== undefined);
    return { blobs: there.flatMap(blobsOf).length, bytes: sum(there.map(({ bytes }) => bytes)) };
  };
  const models = [files.constants, files.encoder, files.ranker, files.spaceMap];
  const cells = costs?.pool.cells ?? cellCount(items);
  return {
    items,
    dim,
    cells,
    files: {
      device: of(deviceFiles(release).filter((file) => file !== files.cells)),
      pool: of([...models, files.cells]),
      edge: of(models),
    },
    pool: { bytes: costs?.pool.bytes ?? 0 },
    rows: { bytes: costs?.rows.bytes ?? 0 },
    storedBytes: sum(releaseFiles(release).map(({ bytes }) => bytes)),
    residentBytes: files.index.bytes + files.ids.bytes + files.catalog.bytes + items * RESIDENT_BYTES_AN_ITEM,
    shardedBytes: files.index.bytes + files.ids.bytes + files.catalog.bytes + items * SHARD_BYTES_AN_ITEM,
  };
}

/** A catalogue of so many items like those of the measured release. */
export function catalogueOfSize(items: number, { release }: Measured): Catalogue {
  const { bytesAnItem: each, models, cellBytes, dim } = release;
  const cells = cellCount(items);
  const blobs = (bytes: number) => Math.ceil(bytes / MAX_BLOB_BYTES);
  const own = [each.index, each.ids, each.catalog, each.neighbours].map((bytes) => bytes * items);
  const cellsBytes = cellBytes * cells;
  const modelBytes = sum(models);
  const rest = sum([each.pools, each.rows].map((bytes) => bytes * items));
  return {
    items,
    dim,
    cells,
    files: {
      device: { blobs: models.length + sum(own.map(blobs)), bytes: modelBytes + sum(own) },
      pool: { blobs: models.length + 1, bytes: modelBytes + cellsBytes },
      edge: { blobs: models.length, bytes: modelBytes },
    },
    pool: { bytes: (each.pools * items) / cells },
    rows: { bytes: each.rows * Math.min(items, release.blockItems) },
    storedBytes: modelBytes + cellsBytes + sum(own) + rest,
    residentBytes: (each.index + each.ids + each.catalog + RESIDENT_BYTES_AN_ITEM) * items,
    shardedBytes: (each.index + each.ids + each.catalog + SHARD_BYTES_AN_ITEM) * items,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
