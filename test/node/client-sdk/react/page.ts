/**
 * The page that the hydration test renders twice: on the server, which gives it `serverList`, and in Chromium, where
 * `client.ts` takes it over.
 */
import { createElement as h } from "react";
import type { ReactNode } from "react";
import { RecommenderProvider, useFeed, useObserve } from "../../../../client-sdk/react.ts";
import type { Entry, Item, List } from "../../../../client-sdk/index.ts";

function Card({ entry }: { entry: Entry<Item> }): ReactNode {
  return h("li", { ref: useObserve(entry) }, entry.item.title);
}

function Feed({ initial }: { initial: List }): ReactNode {
  const { entries, floor, loading } = useFeed({ surface: "home", count: 6 }, initial);
  const cards = entries.map((entry) => h(Card, { key: entry.id, entry }));
  return h("ol", { "data-floor": floor, "data-loading": loading }, cards);
}

export function Page({ initial }: { initial: List }): ReactNode {
  return h(RecommenderProvider, { options: { endpoint: "/" } }, h(Feed, { initial }));
}

/** What somebody's server chose for everybody. */
export const serverList: List = {
  id: "server",
  entries: ["One", "Two"].map((title, position) => ({
    id: title,
    item: { id: title, title, categories: [] },
    list: "server",
    position,
    score: 0,
    sources: [],
  })),
  status: "ready",
  floor: "start",
  offline: false,
};
