/**
 * A first release from an item table alone, before anybody has done anything: lists follow what items say about themselves,
 * the rest is chance and exploration. Nothing is learnt of people here; the next release, from a log, does that.
 */
import { EVENT_TYPES } from "../../shared/event.ts";
import type { Item } from "../../shared/item.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { type Assembly, assemble } from "../items/assemble.ts";
import { featureRows } from "../items/content-features.ts";
import { mapContent, vectorUncertainty } from "../items/content-map.ts";
import { contentSpace } from "../items/content-space.ts";
import { DEFAULT_ITEMS, type ItemModel } from "../items/fit-items.ts";
import { createRandom, type Random, shuffle } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";
import type { LinearFit } from "../tune/tune-linear.ts";
import { scoringModelOf } from "./scoring-model.ts";

/**
 * Chosen on a quarter of the people of the bundled ratings, films known by their item table alone: NDCG@10 of the last ten
 * events .0120 with taste and intent alike, .0145 with intent alone, .0017 with the cosine of categories. Between the first
 * two, because a person is more than the last five likes; of all people it then is .0100, of chance .0008.
 */
const FIT: LinearFit = {
  tasteHalfLifePositives: null,
  intentHalfLifePositives: 5,
  neighbourHalfLifePositives: null,
  taste: 1,
  intent: 2,
  neighbour: 0,
  content: 0,
  popularity: 0,
  ndcg: 0,
};

/**
 * Nobody has met anything, and yet a start pool has an order: each item gets a drawn part of less than one like, which no
 * score reads. By row instead, the first screen would be all of one kind.
 */
const LEAST_LIKE = 1e-3;

/** What {@link buildRelease} needs. */
export interface ItemsAlone {
  readonly items: Pick<ItemModel, "content">;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
}

/** @param items sorted by id as text */
export async function trainItemsAlone(
  items: readonly Item[],
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal },
): Promise<ItemsAlone> {
  const { dim, foldIn } = DEFAULT_ITEMS;
  const random = createRandom(seed);
  const content = contentSpace(featureRows(items), dim, random);
  signal?.throwIfAborted();
  const history = new Uint32Array(items.length);
  const learnt: ItemModel = {
    dim,
    foldIn,
    content,
    vectors: mapContent(content, items),
    // Each its own and only one, with no weight: who goes on from where is not known.
    neighbours: {
      perItem: 1,
      neighbour: Uint32Array.from(items, (_, i) => i),
      weight: new Float32Array(items.length),
    },
    history,
    popularity: drawnOrder(items.length, random),
    uncertainty: vectorUncertainty(history),
  };
  const assembly = await assemble(items, learnt, { seed });
  signal?.throwIfAborted();
  const model = scoringModelOf(oneLikeEach(items), assembly, FIT, foldIn, DEFAULT_SIGNALS, seed);
  return { items: { content }, assembly, model };
}

/** Popularities that put the items in a drawn order. `[n]` */
function drawnOrder(n: number, random: Random): Float32Array {
  const places = shuffle(
    Uint32Array.from({ length: n }, (_, i) => i),
    random,
  );
  return Float32Array.from(places, (place) => (LEAST_LIKE * (place + 1)) / n);
}

/** People whom the release's constants are measured on: for each item somebody who has liked it, and nothing else. */
function oneLikeEach(items: readonly Item[]): Dataset {
  const n = items.length;
  return {
    name: "items alone",
    users: items.map(({ id }) => id),
    items,
    events: {
      start: Uint32Array.from({ length: n + 1 }, (_, i) => i),
      item: Uint32Array.from(items, (_, i) => i),
      at: new Float64Array(n),
      kinds: new Uint16Array(n).fill(1 << EVENT_TYPES.indexOf("like")),
      value: new Float32Array(n).fill(NaN),
      dwellMs: new Float32Array(n).fill(NaN),
      fraction: new Float32Array(n).fill(NaN),
    },
    timed: true,
    ordered: true,
  };
}
