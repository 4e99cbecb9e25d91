/**
 * Items that nobody has met, guessed so that they can be among the first. Their vector is the content map's, which is short,
 * as all that is drawn to a mean, and is therefore multiplied; where people go on to the known items one is most like, some
 * will go on to it; and it is as popular as those are.
 *
 * The released map is multiplied too, so that an item that the edge adds between trainings has the very same vector.
 */
import { createEmbedder } from "../../shared/content-map.ts";
import { topK } from "../../shared/top-k.ts";
import type { Item } from "../../shared/item.ts";
import { createLikeItems, type LikeItem } from "./content-likeness.ts";
import type { ItemModel } from "./fit-items.ts";
import type { NeighbourLists } from "./neighbours.ts";

/** Places of a list that are for new items; 32 and more gave no other lists on validation of Amazon Beauty. */
const NEW_PLACES = 16;

/** Longest list: the formats' budget of bytes an item. Rows of more than 16 bits leave room for half as many. */
const MOST_PLACES = 64;
const MOST_PLACES_OF_MANY = 32;
const SHORT_ROWS = 0xffff;

/**
 * The model with new items guessed; the same where there are none.
 *
 * @param items in the order of the model
 * @param strength what guessed vectors and neighbours are multiplied by: means are lower than what an item turns out to be
 */
export function withNewItems(items: readonly Item[], model: ItemModel, strength: number): ItemModel {
  if (!model.history.includes(0)) return model;
  const guesses = likeKnownItems(items, model.history);
  const popularity = model.popularity.slice();
  for (const [item, like] of guesses) {
    const log = like.reduce((sum, { item: known, share }) => sum + share * Math.log1p(model.popularity[known]), 0);
    popularity[item] = Math.expm1(log);
  }
  const neighbours = guesses.size > 0 ? joinNeighbours(model.neighbours, guesses, strength) : model.neighbours;
  return { ...withNewVectors(items, model, strength), popularity, neighbours };
}

/** The same for vectors and the map alone. A vector that was made elsewhere is no guess, and stays. */
function withNewVectors(items: readonly Item[], model: ItemModel, strength: number): ItemModel {
  const { dim, history, imported } = model;
  if (!history.includes(0)) return model;
  const content = { ...model.content, weights: model.content.weights.map((weight) => strength * weight) };
  const embed = createEmbedder(content);
  const vectors = model.vectors.slice();
  history.forEach((people, item) => {
    if (people === 0 && imported?.[item] !== 1) vectors.set(embed(items[item]), item * dim);
  });
  return { ...model, content, vectors };
}

/** What each new item is like; those that are like nothing known are left out. */
function likeKnownItems(items: readonly Item[], history: Uint32Array): Map<number, readonly LikeItem[]> {
  const guesses = new Map<number, readonly LikeItem[]>();
  const likeItems = createLikeItems(items, history);
  history.forEach((people, item) => {
    const like = people > 0 ? [] : likeItems(item);
    if (like.length > 0) guesses.set(item, like);
  });
  return guesses;
}

/** Every list with the new items that its items stand for; the weakest known ones make room for them. */
function joinNeighbours(
  { perItem, neighbour, weight }: NeighbourLists,
  guesses: ReadonlyMap<number, readonly LikeItem[]>,
  strength: number,
): NeighbourLists {
  const n = neighbour.length / perItem;
  /** New items that are like an item, by item. */
  const standsFor = new Map<number, LikeItem[]>();
  for (const [item, like] of guesses) {
    for (const { item: known, share } of like) {
      const list = standsFor.get(known) ?? [];
      list.push({ item, share });
      standsFor.set(known, list);
    }
  }
  const joined: NeighbourLists = emptyLists(
    n,
    Math.min(n > SHORT_ROWS ? MOST_PLACES_OF_MANY : MOST_PLACES, perItem + NEW_PLACES),
  );
  for (let from = 0; from < n; from++) {
    const known: [item: number, weight: number][] = [];
    const sums = new Map<number, number>();
    for (let slot = from * perItem; slot < (from + 1) * perItem && weight[slot] > 0; slot++) {
      known.push([neighbour[slot], weight[slot]]);
      for (const { item, share } of standsFor.get(neighbour[slot]) ?? []) {
        sums.set(item, (sums.get(item) ?? 0) + strength * share * weight[slot]);
      }
    }
    // In the order of items, so that equals come in it too.
    const guessed = [...sums].sort((a, b) => a[0] - b[0]);
    const best = topK(
      Float64Array.from(guessed, ([, sum]) => sum),
      NEW_PLACES,
    );
    const room = joined.perItem - best.length;
    [...known.slice(0, room), ...Array.from(best, (at) => guessed[at])]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .forEach(([item, each], slot) => {
        joined.neighbour[from * joined.perItem + slot] = item;
        joined.weight[from * joined.perItem + slot] = each;
      });
  }
  return joined;
}

function emptyLists(n: number, perItem: number): NeighbourLists {
  return {
    perItem,
    neighbour: Uint32Array.from({ length: n * perItem }, (_, slot) => Math.floor(slot / perItem)),
    weight: new Float32Array(n * perItem),
  };
}
