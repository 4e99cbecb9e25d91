/** Reads a release folder back into what evaluation scores with: the same tables a device would build. */
import { join } from "node:path";
import { decodeConstants } from "../../shared/constants-file.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { decodeIndex } from "../../shared/index-file.ts";
import { parseItem } from "../../shared/item.ts";
import { createItemTable } from "../../shared/item-table.ts";
import { scoringModel, type ScoringModel } from "../../shared/model.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import { decodeIds, openStringsFile } from "../../shared/strings-file.ts";
import { decodeStrings } from "../../shared/string-table.ts";
import type { Assembly } from "../items/assemble.ts";
import { textCodec } from "../runtime.ts";
import { readReleaseFile, readReleaseFolder } from "./release-folder.ts";

export interface OpenedRelease {
  readonly release: Release;
  readonly model: ScoringModel;
  /** For its own items; `forItems` makes it one for a dataset. */
  readonly assembly: Assembly;
}

/** The graphs of a release's deep floor; undefined where it has none. */
export async function openGraphs(
  folder: string,
  { files }: Release,
): Promise<{ encoder: Uint8Array; ranker: Uint8Array } | undefined> {
  if (!files.encoder || !files.ranker) return undefined;
  return { encoder: await readReleaseFile(folder, files.encoder), ranker: await readReleaseFile(folder, files.ranker) };
}

/** @throws NearfeedError where a file is missing, was changed or does not fit the others. */
export async function openRelease(folder: string): Promise<OpenedRelease> {
  const release = await readReleaseFolder(folder);
  const { files, items: size, dim } = release;
  const read = <T>(file: ReleaseFile, decode: (bytes: Uint8Array) => T) => decodeFile(folder, file, decode);
  const index = await read(files.index, (bytes) => decodeIndex(bytes, textCodec));
  const expected = { rows: index.rows, size };
  const ids = await read(files.ids, (bytes) => decodeIds(bytes, expected, textCodec));
  const items = await read(files.catalog, (bytes) => {
    const catalog = openStringsFile("catalog", bytes, expected, textCodec);
    return decodeStrings(catalog.table, textCodec).map((text) => parseItem(JSON.parse(text)));
  });
  const neighbours = await read(files.neighbours, (bytes) => decodeNeighbours(bytes, expected, textCodec));
  const constants = await read(files.constants, (bytes) => decodeConstants(bytes, dim, textCodec));
  return {
    release,
    model: scoringModel(release, constants),
    assembly: {
      items,
      rowOfItem: Int32Array.from({ length: size }, (_, row) => row),
      index,
      neighbours,
      constants,
      table: createItemTable(index.columns, index.dictionaries, ids, constants.categoryWeight),
    },
  };
}

async function decodeFile<T>(folder: string, file: ReleaseFile, decode: (bytes: Uint8Array) => T): Promise<T> {
  const bytes = await readReleaseFile(folder, file);
  try {
    return decode(bytes);
  } catch (cause) {
    if (!(cause instanceof NearfeedError || cause instanceof SyntaxError)) throw cause;
    const path = join(folder, file.name);
    throw new NearfeedError("bad_file", `${path}: ${cause.message}`, { path, cause });
  }
}
