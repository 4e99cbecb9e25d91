/** Fetches the neighbours of items with their row blocks. The edge learns that somebody asked for these blocks. */
import { neighboursIn } from "../../shared/candidates-file.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { Release } from "../../shared/release.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import { textCodec } from "../runtime.ts";
import { get } from "./http.ts";
import type { Send } from "./http.ts";

/** Neighbours by item, strongest first. */
export type NeighboursById = ReadonlyMap<string, (readonly [item: string, weight: number])[]>;

/**
 * The neighbours of some items; none of an item that the release does not have. `no-store`, as pools are fetched.
 *
 * @param release one with row blocks
 * @throws NearfeedError `offline`, what the edge objected to, or of the format
 */
export async function fetchNeighbours(
  send: Send,
  endpoint: string,
  { id, costs }: Release,
  items: readonly string[],
): Promise<NeighboursById> {
  const { blocks } = costs!.rows;
  // In ascending order: the order of the requests says nothing of what came last.
  const asked = [...new Set(items.map((item) => blockOf(item, blocks)))].sort((a, b) => a - b);
  const files = await Promise.all(asked.map((block) => get(send, `${endpoint}${ROUTES.rows(id, block)}`, "no-store")));
  return new Map(
    items.map((item) => [item, neighboursIn(files[asked.indexOf(blockOf(item, blocks))]!, item, textCodec) ?? []]),
  );
}
