/**
 * Made-up vectors of a catalogue larger than any log here: clusters of very different sizes, and queries of people who like
 * a few items of a few of them. Clusters are no cells: there are more of them, and none is as large as another.
 */
import { below, createRandom, normal } from "../../trainer/math/random.ts";
import type { Random } from "../../trainer/math/random.ts";
import type { Vectors } from "./recall.ts";

const DIM = 64;
/** Twice as many as there are cells of a million items. */
const CLUSTERS = 2_000;
/** Cluster c has a size like 1 / (c + 1)^SKEW: the largest is some hundred times the mean of the smaller half. */
const SKEW = 0.8;
/** Items are as far from their cluster's centre as centres are from nothing: two of a cluster have a cosine of about ½. */
const SPREAD = 1;
/** What a person has liked: items of a few clusters, whose mean the query is. */
const LIKED_CLUSTERS = 3;
const LIKED_OF_EACH = 4;

/** @param items number of them */
export function clusteredVectors(items: number, queries: number, seed: number): Vectors {
  const random = createRandom(seed);
  const centres = normals(CLUSTERS * DIM, random);
  const share = Float64Array.from({ length: CLUSTERS }, (_, c) => (c + 1) ** -SKEW);
  const total = share.reduce((a, b) => a + b);
  const start = new Uint32Array(CLUSTERS + 1);
  let sum = 0;
  share.forEach((each, c) => (start[c + 1] = Math.round((items * (sum += each)) / total)));
  const vectors = normals(items * DIM, random);
  for (let c = 0; c < CLUSTERS; c++) {
    for (let at = start[c]! * DIM; at < start[c + 1]! * DIM; at++) {
      vectors[at] = centres[c * DIM + (at % DIM)]! + SPREAD * vectors[at]!;
    }
  }
  const liked = (): number[] => {
    const item = below(random, items); // a cluster is liked as often as it has items
    const c = start.findIndex((from, next) => next > 0 && item < from) - 1;
    return Array.from({ length: LIKED_OF_EACH }, () => start[c]! + below(random, start[c + 1]! - start[c]!));
  };
  return {
    dim: DIM,
    items: vectors,
    queries: Array.from({ length: queries }, () => {
      const rows = Array.from({ length: LIKED_CLUSTERS }, liked).flat();
      return Float32Array.from({ length: DIM }, (_, j) => {
        return rows.reduce((value, row) => value + vectors[row * DIM + j]!, 0) / rows.length;
      });
    }),
  };
}

function normals(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => normal(random));
}
