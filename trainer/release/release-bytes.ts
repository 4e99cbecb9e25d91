/** An assembly as the bytes of a release's files. The models of the deep floor come from elsewhere. */
import { cellsOf, encodeCells } from "../../shared/cells-file.ts";
import { encodeConstants } from "../../shared/constants-file.ts";
import { encodeContent } from "../../shared/content-file.ts";
import type { ContentMap } from "../../shared/content-map.ts";
import { encodeIndex } from "../../shared/index-file.ts";
import { encodeNeighbours } from "../../shared/neighbours-file.ts";
import { encodeSpaceMap, type SpaceMap } from "../../shared/space-map-file.ts";
import { encodeStringsFile } from "../../shared/strings-file.ts";
import { encodePools, encodeRowBlocks, retrieveBytes, type WholeItems } from "../../shared/packed-items.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { RetrievalCosts } from "../../shared/release.ts";
import { blockCount } from "../../shared/row-blocks.ts";
import type { Assembly } from "../items/assemble.ts";
import { textCodec } from "../runtime.ts";
import type { ReleaseBytes } from "./release-folder.ts";

/** @param map from the space of the release before */
export function itemBytes(assembly: Assembly, content: ContentMap, map?: SpaceMap): ReleaseBytes {
  const { index, neighbours, constants } = assembly;
  const whole = wholeItems(assembly);
  return {
    index: encodeIndex(index, textCodec),
    ids: encodeStringsFile("ids", whole.ids, index.rows, textCodec),
    catalog: encodeStringsFile("catalog", whole.catalog, index.rows, textCodec),
    neighbours: encodeNeighbours(neighbours, textCodec),
    constants: encodeConstants(constants, textCodec),
    cells: encodeCells(cellsOf(index), textCodec),
    content: encodeContent({ ...content, space: index.space }, textCodec),
    pools: encodePools(whole, textCodec),
    rows: encodeRowBlocks(whole, textCodec),
    ...(map && { spaceMap: encodeSpaceMap(map, textCodec) }),
  };
}

/** What retrieving costs a device that takes these files. */
export function retrievalCosts(assembly: Assembly, bytes: ReleaseBytes): RetrievalCosts {
  const { index, ids, catalog, neighbours, pools, rows } = bytes;
  const cells = assembly.index.cellStart.length - 1;
  const blocks = blockCount(assembly.table.ids);
  return {
    device: index.length + ids.length + catalog.length + neighbours.length,
    pool: { cells, bytes: Math.round(pools!.length / cells) },
    edge: retrieveBytes(wholeItems(assembly), REQUEST_LIMITS.count, textCodec),
    rows: { blocks, bytes: Math.round(rows!.length / blocks) },
  };
}

function wholeItems({ index, neighbours, items, table }: Assembly): WholeItems {
  return { index, neighbours, ids: table.ids, catalog: items.map((item) => JSON.stringify(item)) };
}
