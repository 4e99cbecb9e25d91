/**
 * Items that nobody has met, guessed from the known ones they are most like: their vector and popularity are the mean of
 * those, and where people go on to those, some will go on to them. Without it a new item is on no neighbour list, and its
 * vector by the content map alone is so short that it is never among the first.
 *
 * The edge's live items are not this: they come between trainings, and have the content map alone.
 */
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
 * The model with new items guessed; the same where there are none, or nothing they are like.
 *
 * @param items in the order of the model
 * @param strength what guessed vectors and neighbours are multiplied by: means are lower than what an item turns out to be
 */
export function withNewItems(items: readonly Item[], model: ItemModel, strength: number): ItemModel {
  const guesses = likeKnownItems(items, model.history);
  if (guesses.size === 0) return model;
  const guessed = guessVectors(model, guesses, strength);
  return { ...guessed, neighbours: joinNeighbours(model.neighbours, guesses, strength) };
}

/** The same for vectors and popularity alone: of a model whose vectors were refined, and whose lists have new items already. */
export function withNewVectors(items: readonly Item[], model: ItemModel, strength: number): ItemModel {
  const guesses = likeKnownItems(items, model.history);
  return guesses.size === 0 ? model : guessVectors(model, guesses, strength);
}

/** A vector that was made elsewhere is no guess, and stays. */
function guessVectors(
  model: ItemModel,
  guesses: ReadonlyMap<number, readonly LikeItem[]>,
  strength: number,
): ItemModel {
  const { dim } = model;
  const vectors = model.vectors.slice();
  const popularity = model.popularity.slice();
  for (const [item, like] of guesses) {
    const log = like.reduce((sum, { item: known, share }) => sum + share * Math.log1p(model.popularity[known]), 0);
    popularity[item] = Math.expm1(log);
    if (model.imported?.[item] === 1) continue;
    const at = item * dim;
    vectors.fill(0, at, at + dim);
    for (const { item: known, share } of like) {
      for (let j = 0; j < dim; j++) vectors[at + j] += strength * share * model.vectors[known * dim + j];
    }
  }
  return { ...model, vectors, popularity };
}

/** What each new item is like; those that are like nothing known are left out. */
function likeKnownItems(items: readonly Item[], history: Uint32Array): Map<number, readonly LikeItem[]> {
  const guesses = new Map<number, readonly LikeItem[]>();
  if (!history.includes(0)) return guesses;
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
