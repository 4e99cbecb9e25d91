/** Fetches pool files: the items of one interest cell each. The edge learns that somebody asked for these cells. */
import { ROUTES } from "../../shared/protocol.ts";
import type { Release } from "../../shared/release.ts";
import { get } from "./http.ts";
import type { Send } from "./http.ts";

/** The bytes of one cell's pool file. */
export interface PoolFile {
  readonly cell: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * All of some cells, or none. `no-store`: what was fetched says what the person likes, and must not outlive an erasure in
 * the browser's cache.
 *
 * @param cells in an order that says nothing
 * @throws NearfeedError `offline`, or what the edge objected to
 */
export function fetchPools(
  send: Send,
  endpoint: string,
  release: Release,
  cells: readonly number[],
): Promise<PoolFile[]> {
  return Promise.all(
    cells.map(async (cell) => ({
      cell,
      bytes: await get(send, `${endpoint}${ROUTES.pool(release.id, cell)}`, "no-store"),
    })),
  );
}
