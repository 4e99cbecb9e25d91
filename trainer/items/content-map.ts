/**
 * The content map: ridge regression from an item's features to its vector, so that an item nobody has met has one too.
 *
 * Items with history keep their own vector, blended with the map's by history: n/(n+κ) of their own.
 */
import { type ContentMap, createEmbedder } from "../../shared/content-map.ts";
import type { Item } from "../../shared/item.ts";
import { choleskyInPlace, choleskySolveInPlace } from "../math/cholesky.ts";
import type { FeatureRows } from "./content-features.ts";

/** λ of the ridge, in items: a feature shared by this many is trusted half. */
const RIDGE_ITEMS = 10;

/** κ: people whose interactions weigh as much as the description. */
export const BLEND_HISTORY = 3;

/**
 * Fits the map on the items that have history, each weighted by n/(n+κ): a vector that rests on one person is mostly noise.
 *
 * @param vectors `[n, dim]`
 * @param history people behind each vector, `[n]`
 */
export function fitContentMap(
  features: FeatureRows,
  vectors: Float32Array,
  history: Uint32Array,
  dim: number,
): ContentMap {
  const { names, start, feature, value } = features;
  const f = names.length;
  const gram = new Float64Array(f * f);
  const right = Array.from({ length: dim }, () => new Float64Array(f));
  for (let j = 0; j < f; j++) gram[j * f + j] = RIDGE_ITEMS;
  for (let i = 0; i < history.length; i++) {
    const trust = ownShare(history[i]);
    if (trust === 0) continue;
    for (let a = start[i]; a < start[i + 1]; a++) {
      const x = trust * value[a];
      for (let b = start[i]; b < start[i + 1]; b++) gram[feature[a] * f + feature[b]] += x * value[b];
      for (let j = 0; j < dim; j++) right[j][feature[a]] += x * vectors[i * dim + j];
    }
  }
  choleskyInPlace(gram, f);
  const weights = new Float32Array(f * dim);
  right.forEach((column, j) => {
    choleskySolveInPlace(gram, f, column);
    for (let k = 0; k < f; k++) weights[k * dim + j] = column[k];
  });
  return { names, weights, dim };
}

/** The map's vector of every item. `[n, dim]` */
export function mapContent(map: ContentMap, items: readonly Item[]): Float32Array {
  const embed = createEmbedder(map);
  const vectors = new Float32Array(items.length * map.dim);
  items.forEach((item, i) => vectors.set(embed(item), i * map.dim));
  return vectors;
}

/** n/(n+κ) of the own vector, the rest from content. `[n, dim]` */
export function blendVectors(
  own: Float32Array,
  fromContent: Float32Array,
  history: Uint32Array,
  dim: number,
): Float32Array {
  return own.map((value, e) => {
    const share = ownShare(history[Math.floor(e / dim)]);
    return share * value + (1 - share) * fromContent[e];
  });
}

/** τ of an item: the part of its vector's length that is still a guess. 1 without history, falling to 0. */
export function vectorUncertainty(history: Uint32Array): Float32Array {
  return Float32Array.from(history, (people) => Math.sqrt(1 - ownShare(people)));
}

function ownShare(people: number): number {
  return people / (people + BLEND_HISTORY);
}
