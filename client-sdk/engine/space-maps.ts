/**
 * The way of old vectors into the space in use. Every release knows only the space before its own, so the maps of the
 * releases that were in use are kept, and vectors go through one after the other. What is stored with an event stays as
 * it was: each map starts from the original. Sums of vectors go the same way.
 */
import type { Evidence } from "../../shared/posterior.ts";
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

/** @returns the maps that lead from a space to `space`, in order; undefined where none do */
export function waysTo(maps: readonly SpaceMap[], space: string): (from: string) => readonly SpaceMap[] | undefined {
  const ways = new Map<string, readonly SpaceMap[]>([[space, []]]);
  // From the goal backwards, a space further with every round; the first way found is the shortest.
  for (const _ of maps) {
    for (const map of maps) {
      const rest = ways.get(map.to);
      if (rest && !ways.has(map.from)) ways.set(map.from, [map, ...rest]);
    }
  }
  return (from) => ways.get(from);
}

/** @returns takes a vector of some space to `space`; undefined where no way leads there */
export function createMapper(
  maps: readonly SpaceMap[],
  space: string,
): (vector: Float32Array, from: string) => Float32Array | undefined {
  const wayFrom = waysTo(maps, space);
  return (vector, from) =>
    wayFrom(from)?.reduce<Float32Array | undefined>(
      (x, { map }) => (x && map.length === x.length ** 2 ? mapVector(x, map) : undefined),
      vector,
    );
}

/**
 * What the sums would be if each of their vectors x had been x M: Mᵀ S M and Mᵀ b. Of S the lower triangle is read and
 * written.
 *
 * @param map M, `[d, d]` row-major
 */
export function mapEvidence({ scatter, pull, weight, at }: Evidence, map: Float32Array): Evidence {
  const d = pull.length;
  const mapped = { scatter: new Float64Array(d * d), pull: new Float64Array(d), weight, at };
  const half = new Float64Array(d * d); // S M
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < d; k++) {
      const s = k <= i ? scatter[i * d + k]! : scatter[k * d + i]!;
      for (let j = 0; j < d; j++) half[i * d + j]! += s * map[k * d + j]!;
    }
  }
  for (let k = 0; k < d; k++) {
    for (let i = 0; i < d; i++) {
      const m = map[k * d + i]!;
      mapped.pull[i]! += m * pull[k]!;
      for (let j = 0; j <= i; j++) mapped.scatter[i * d + j]! += m * half[k * d + j]!;
    }
  }
  return mapped;
}
