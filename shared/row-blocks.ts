/**
 * Row blocks: the items of a release in groups that their ids alone decide, so that whoever wants to know one item asks for
 * its group, and says no more of it than that. What a block holds is a candidates file with neighbours
 * (`packed-items.ts`).
 */
import { hashText } from "./hash-text.ts";

/** Items a block has at most: one among so many is what asking for a block tells. */
export const BLOCK_ITEMS = 256;

/** Each try has so many times the blocks of the one before. */
const GROWTH = 1.02;

/** The block of an id, whether the release has the item or not. */
export function blockOf(id: string, blocks: number): number {
  return Math.floor((hashText(id) / 2 ** 32) * blocks);
}

/** How many blocks it takes until none has more than {@link BLOCK_ITEMS}; of a million ids about 200 each. */
export function blockCount(ids: readonly string[]): number {
  let blocks = Math.max(1, Math.ceil(ids.length / BLOCK_ITEMS));
  // With more blocks than ids they are not what crowds them: then ids have one hash.
  while (blocks < ids.length && largestOf(ids, blocks) > BLOCK_ITEMS) blocks = Math.ceil(blocks * GROWTH);
  return blocks;
}

function largestOf(ids: readonly string[], blocks: number): number {
  const sizes = new Uint32Array(blocks);
  for (const id of ids) sizes[blockOf(id, blocks)]!++;
  return sizes.reduce((a, b) => Math.max(a, b));
}
