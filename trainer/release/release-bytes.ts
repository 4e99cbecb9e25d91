/** An assembly as the bytes of a release's files. The models of the deep floor come from elsewhere. */
import { cellsOf, encodeCells } from "../../shared/cells-file.ts";
import { encodeConstants } from "../../shared/constants-file.ts";
import { encodeIndex } from "../../shared/index-file.ts";
import { encodeNeighbours } from "../../shared/neighbours-file.ts";
import { encodeStringsFile } from "../../shared/strings-file.ts";
import type { Assembly } from "../items/assemble.ts";
import { textCodec } from "../runtime.ts";
import type { ReleaseBytes } from "./release-folder.ts";

export function itemBytes({ index, neighbours, constants, items, table }: Assembly): ReleaseBytes {
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
  };
}
