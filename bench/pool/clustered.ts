/**
 * Made-up vectors of catalogues larger than any log here. `clusteredVectors` are those that the suite `retrieve` searches.
 * `scatteredVectors` are harder than those of a log: clusters of very different sizes lie in all 64 dimensions alike, lengths
 * vary as widely as those of a log, and a person likes several clusters that have nothing in common, so that many of the best
 * items are chance hits of others.
 */
import { dequantize } from "../../shared/item-columns.ts";
import { below, createRandom, normal } from "../../trainer/math/random.ts";
import type { Random } from "../../trainer/math/random.ts";
import { createCatalogue } from "../retrieve/catalogue.ts";
import type { Vectors } from "./recall.ts";

const DIM = 64;
/** As many as twice the cells that the trainer makes of a large catalogue, so that a cell is mostly of more than one. */
const clusterCount = (items: number) => Math.round(2 * Math.sqrt(items));
/** Cluster c has a size like 1 / (c + 1)^SKEW: the largest is some hundred times the mean of the smaller half. */
const SKEW = 0.8;
/**
 * How far items lie from their cluster's centre, centres being 1 from nothing in each number: two of a cluster have a cosine
 * of .8. Measured on iALS vectors: .65 for two of a cell of MovieLens-1M, .84 of Gowalla.
 */
const SPREAD = 0.5;
/** Deviation of the logarithm of a vector's length. Measured there: .66 and .88. */
const LENGTH_DEVIATION = 0.75;
/** What a person has liked: items of a few clusters, whose mean the query is. */
const LIKED_CLUSTERS = 3;
const LIKED_OF_EACH = 4;

/** @param items number of them */
export function clusteredVectors(items: number, seed: number): Vectors {
  const { index, queries } = createCatalogue(items, seed);
  const { dim } = index.columns;
  const vectors = new Float32Array(items * dim);
  for (let row = 0; row < items; row++) vectors.set(dequantize(index.columns, row), row * dim);
  return { dim, items: vectors, queries: queries.map((query) => Float32Array.from(query)) };
}

/** @param items number of them */
export function scatteredVectors(items: number, queries: number, seed: number): Vectors {
  const random = createRandom(seed);
  const clusters = clusterCount(items);
  const centres = normals(clusters * DIM, random);
  const share = Float64Array.from({ length: clusters }, (_, c) => (c + 1) ** -SKEW);
  const total = share.reduce((a, b) => a + b);
  const start = new Uint32Array(clusters + 1);
  let sum = 0;
  share.forEach((each, c) => (start[c + 1] = Math.round((items * (sum += each)) / total)));
  const vectors = normals(items * DIM, random);
  for (let c = 0; c < clusters; c++) {
    for (let row = start[c]!; row < start[c + 1]!; row++) {
      const length = Math.exp(LENGTH_DEVIATION * normal(random));
      for (let j = 0; j < DIM; j++) {
        vectors[row * DIM + j] = length * (centres[c * DIM + j]! + SPREAD * vectors[row * DIM + j]!);
      }
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
