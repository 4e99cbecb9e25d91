/**
 * `nearfeed/react`: the SDK as hooks. Runs on a server too, where it renders what it is given and starts nothing.
 */
export { RecommenderProvider, useRecommender } from "./react/provider.ts";
export type { RecommenderProviderProps } from "./react/provider.ts";
export { useFeed, useObserve } from "./react/use-feed.ts";
export type { FeedView } from "./react/feed-store.ts";
