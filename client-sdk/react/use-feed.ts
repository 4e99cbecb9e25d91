/** A live feed as a hook, and the hook that has its cards observed. */
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Entry, Item, List, Query } from "../index.ts";
import { byValue } from "./by-value.ts";
import { createFeedStore } from "./feed-store.ts";
import type { FeedView } from "./feed-store.ts";
import { useRecommender } from "./provider.ts";

/**
 * A feed that is re-ranked after every event, for as long as the component is there. Every call opens a feed of its own.
 *
 * @param query read by value; another one opens another feed
 * @param initial what a server renders, and what is shown until the first ranking of the first query
 */
export function useFeed<T extends object = Item>(query: Query, initial?: List<T>): FeedView<T> {
  const recommender = useRecommender<T>();
  const key = byValue(query);
  const [firstKey] = useState(key);
  const store = useMemo(
    () => createFeedStore<T>(recommender, query, key === firstKey ? initial : undefined),
    // The query is what its key says, and a later `initial` comes too late.
    [recommender, key],
  );
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}

/**
 * Has the card observed that shows an entry: impressions, views and skips are told by themselves.
 *
 * @returns the `ref` of the card's element
 */
export function useObserve<T extends object = Item>(entry: Entry<T> | undefined): (element: Element | null) => void {
  const recommender = useRecommender<T>();
  const end = useRef<() => void>(undefined);
  return useCallback(
    (element) => {
      end.current?.();
      end.current = element && entry ? recommender.observe(element, entry) : undefined;
    },
    [recommender, entry],
  );
}
