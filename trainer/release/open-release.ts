/** Reads a release folder back into what evaluation scores with: the same tables a device would build. */
import { decodeConstants } from "../../shared/constants-file.ts";
import { decodeIndex } from "../../shared/index-file.ts";
import { parseItem } from "../../shared/item.ts";
import { createItemTable } from "../../shared/item-table.ts";
import { scoringModel, type ScoringModel } from "../../shared/model.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import type { Release } from "../../shared/release.ts";
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
  const index = decodeIndex(await readReleaseFile(folder, files.index), textCodec);
  const expected = { rows: index.rows, size };
  const ids = decodeIds(await readReleaseFile(folder, files.ids), expected, textCodec);
  const catalog = openStringsFile("catalog", await readReleaseFile(folder, files.catalog), expected, textCodec);
  const constants = decodeConstants(await readReleaseFile(folder, files.constants), dim, textCodec);
  return {
    release,
    model: scoringModel(release, constants),
    assembly: {
      items: decodeStrings(catalog.table, textCodec).map((text) => parseItem(JSON.parse(text))),
      rowOfItem: Int32Array.from({ length: size }, (_, row) => row),
      index,
      neighbours: decodeNeighbours(await readReleaseFile(folder, files.neighbours), expected, textCodec),
      constants,
      table: createItemTable(index.columns, index.dictionaries, ids, constants.categoryWeight),
    },
  };
}
