/** Item models whose vectors were refined by the encoder's training: what is made of vectors is made again. */
import type { Item } from "../../shared/item.ts";
import { featureRows } from "./content-features.ts";
import { blendVectors, fitContentMap, mapContent } from "./content-map.ts";
import type { ItemModel } from "./fit-items.ts";

/**
 * Everything but vectors and content map stays. Items with little history get most of their vector from the new map: as
 * others that were not chosen they were only pushed away.
 *
 * @param refined `[n, dim]` in the order of the items
 */
export function refineItems(model: ItemModel, items: readonly Item[], refined: Float32Array): ItemModel {
  const { dim, history } = model;
  const content = fitContentMap(featureRows(items), refined, history, dim);
  return { ...model, content, vectors: blendVectors(refined, mapContent(content, items), history, dim) };
}
