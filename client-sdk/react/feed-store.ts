/** A feed as `useSyncExternalStore` wants it: opened by the first subscriber, gone with the last. Nothing of React in it. */
import type { Feed, FeedSnapshot, List, Query, Recommender } from "../index.ts";

/** What `useFeed` gives: the feed at one moment. */
export type FeedView<T> = FeedSnapshot<T> & {
  /** True until the first ranking: what is shown is `initial`, or nothing. */
  readonly loading: boolean;
  /** Makes the feed longer, by `count` of the query where absent. Resolves when it is. */
  readonly more: (count?: number) => Promise<void>;
};

export interface FeedStore<T> {
  subscribe(listener: () => void): () => void;
  /** The same object until something changed. */
  getSnapshot(): FeedView<T>;
  /** What a server renders, and what the page takes over. */
  getServerSnapshot(): FeedView<T>;
}

const NOTHING: List<never> = { id: "", entries: [], status: "empty", floor: "start", offline: false };

export function createFeedStore<T>(recommender: Recommender<T>, query: Query, initial?: List<T>): FeedStore<T> {
  const first: FeedView<T> = { ...(initial ?? NOTHING), pinned: 0, loading: true, more };
  let feed: Feed<T> | undefined;
  let subscribers = 0;
  let shown: FeedSnapshot<T> | undefined;
  let view = first;

  async function more(count?: number): Promise<void> {
    await feed?.more(count);
  }

  return {
    subscribe(listener) {
      feed ??= recommender.feed(query);
      subscribers++;
      const end = feed.subscribe(listener);
      return () => {
        end();
        subscribers--;
        // React's strict mode takes a subscription back and makes it again, all in one go: that is still one feed.
        queueMicrotask(() => {
          if (subscribers > 0 || !feed) return;
          feed[Symbol.dispose]();
          feed = undefined;
        });
      };
    },
    getSnapshot() {
      const snapshot = feed?.getSnapshot();
      if (snapshot && snapshot !== shown && !isOpening(snapshot)) {
        shown = snapshot;
        // Where the first ranking failed, what the server has made stays on the screen.
        const entries = snapshot.id === "" ? view.entries : snapshot.entries;
        view = { ...snapshot, entries, loading: false, more };
      }
      return view;
    },
    getServerSnapshot: () => first,
  };
}

/** Before the first ranking a feed has no list yet. */
function isOpening({ id, status }: FeedSnapshot<unknown>): boolean {
  return id === "" && status === "empty";
}
