/** An assembly as the bytes of a release's files. The models of the deep floor come from elsewhere. */
import { cellsOf, encodeCells } from "../../shared/cells-file.ts";
import { encodeConstants } from "../../shared/constants-file.ts";
import { encodeContent } from "../../shared/content-file.ts";
import type { ContentMap } from "../../shared/content-map.ts";
import { encodeIndex } from "../../shared/index-file.ts";
import { encodeNeighbours } from "../../shared/neighbours-file.ts";
import { encodeSpaceMap, type SpaceMap } from "../../shared/space-map-file.ts";
import { encodeStringsFile } from "../../shared/strings-file.ts";
import type { Assembly } from "../items/assemble.ts";
import { textCodec } from "../runtime.ts";
import type { ReleaseBytes } from "./release-folder.ts";

/** @param map from the space of the release before */
export function itemBytes(assembly: Assembly, content: ContentMap, map?: SpaceMap): ReleaseBytes {
  const { index, neighbours, constants, items, table } = assembly;
  return {
    index: encodeIndex(index, textCodec),
    ids: encodeStringsFile("ids", table.ids, index.rows, textCodec),
    catalog: encodeStringsFile(
      "catalog",
      items.map((item) => JSON.stringify(item)),
      index.rows,
      textCodec,
    ),
    neighbours: encodeNeighbours(neighbours, textCodec),
    constants: encodeConstants(constants, textCodec),
    cells: encodeCells(cellsOf(index), textCodec),
    content: encodeContent({ ...content, space: index.space }, textCodec),
    ...(map && { spaceMap: encodeSpaceMap(map, textCodec) }),
  };
}
