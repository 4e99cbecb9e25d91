import { createElement as h } from "react";
import type { ReactNode } from "react";
import { expectTypeOf, test } from "vitest";
import { createRecommender } from "../../client-sdk/index.ts";
import type { Entry, FeedSnapshot, Item, List, Recommender } from "../../client-sdk/index.ts";
import { RecommenderProvider, useFeed, useObserve, useRecommender } from "../../client-sdk/react.ts";

interface Film {
  id: string;
  poster: string;
}

declare const films: List<Film>;
declare const entry: Entry<Film>;

test("hooks carry the app's own type, and Item where it names none", () => {
  expectTypeOf(useRecommender<Film>()).toEqualTypeOf<Recommender<Film>>();
  expectTypeOf(useRecommender()).toEqualTypeOf<Recommender<Item>>();
  expectTypeOf(useFeed<Film>({ surface: "home" })).toExtend<FeedSnapshot<Film>>();
  expectTypeOf(useFeed<Film>({ surface: "home" }).entries[0]!.item.poster).toBeString();
  expectTypeOf(useFeed({ surface: "home" }).entries[0]!.item).toEqualTypeOf<Item>();
  expectTypeOf(useFeed({ surface: "home" }).more(5)).resolves.toBeVoid();
  // The list that is given says the type too.
  expectTypeOf(useFeed({ surface: "home" }, films).entries).toEqualTypeOf<readonly Entry<Film>[]>();
});

test("an observed card takes a ref, of whatever element", () => {
  expectTypeOf(h("li", { ref: useObserve(entry) })).toExtend<ReactNode>();
  expectTypeOf(h("video", { ref: useObserve<Film>(undefined) })).toExtend<ReactNode>();
});

test("a provider takes options or a recommender, and not both", () => {
  h(RecommenderProvider, { options: { endpoint: "/" } }, "child");
  h(RecommenderProvider, { recommender: createRecommender<Film>({ endpoint: "/" }) });
  // @ts-expect-error: one of them is needed
  h(RecommenderProvider, {});
  // @ts-expect-error: an unknown option
  h(RecommenderProvider, { options: { endpoint: "/", concent: "local" } });
  // @ts-expect-error: whose would it be?
  h(RecommenderProvider, { options: { endpoint: "/" }, recommender: createRecommender({ endpoint: "/" }) });
});

test("a query needs a surface", () => {
  // @ts-expect-error: no surface
  useFeed({ count: 3 });
});
