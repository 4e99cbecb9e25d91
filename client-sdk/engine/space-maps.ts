/**
 * The way of old vectors into the space in use. Every release knows only the space before its own, so the maps of the
 * releases that were in use are kept, and vectors go through one after the other. What is stored with an event stays as
 * it was: each map starts from the original.
 */
import { mapVector } from "../../shared/space-map-file.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";

/** Each map adds an error; what is older than so many spaces says nothing any more. */
const MAX_MAPS = 5;

/** The maps to be kept once a release that brings `next` is in use. */
export function withMap(kept: readonly SpaceMap[], next: SpaceMap | undefined): readonly SpaceMap[] {
  if (!next) return kept;
  const others = kept.filter(({ from, to }) => from !== next.from || to !== next.to);
  return [...others, next].slice(-MAX_MAPS);
}

/** @returns takes a vector of some space to `space`; undefined where no way leads there */
export function createMapper(
  maps: readonly SpaceMap[],
  space: string,
): (vector: Float32Array, from: string) => Float32Array | undefined {
  const ways = new Map<string, readonly SpaceMap[]>([[space, []]]);
  // From the goal backwards, a space further with every round; the first way found is the shortest.
  for (const _ of maps) {
    for (const map of maps) {
      const rest = ways.get(map.to);
      if (rest && !ways.has(map.from)) ways.set(map.from, [map, ...rest]);
    }
  }
  return (vector, from) =>
    ways
      .get(from)
      ?.reduce<Float32Array | undefined>(
        (x, { map }) => (x && map.length === x.length ** 2 ? mapVector(x, map) : undefined),
        vector,
      );
}
