/** The feeds that are open on the page, as the engine knows them, and the loop that ranks those that need it. */
import type { FeedChange, PageMoment } from "../messages.ts";
import type { CheckedQuery } from "./query.ts";

export interface OpenFeed {
  readonly id: number;
  readonly query: CheckedQuery;
  moment: PageMoment;
  /** Ids in the order shown. */
  pinned: string[];
  /** Entries wanted at least, the pinned ones included. */
  length: number;
}

export interface Feeds {
  open(id: number, query: CheckedQuery, moment: PageMoment): void;
  close(id: number): void;
  /** @returns false where there is no such feed */
  change(change: FeedChange): boolean;
  /** Unpins everything. */
  reset(): void;
  /** Ranks every feed, once for all calls of this turn. */
  renew(): void;
}

/** @param rank ranks one feed and tells the page */
export function createFeeds(rank: (feed: OpenFeed) => Promise<void>, report: (error: unknown) => void): Feeds {
  const feeds = new Map<number, OpenFeed>();
  const due = new Set<OpenFeed>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    for (const feed of due) {
      due.delete(feed);
      if (feeds.has(feed.id)) await rank(feed).catch(report);
    }
    running = false;
  }

  function want(wanted: Iterable<OpenFeed>): void {
    for (const feed of wanted) due.add(feed);
    if (!running) void run();
  }

  return {
    open(id, query, moment) {
      const feed = { id, query, moment, pinned: [], length: query.count };
      feeds.set(id, feed);
      want([feed]);
    },
    close: (id) => void feeds.delete(id),
    change({ feed: id, keep, add, length }) {
      const feed = feeds.get(id);
      if (!feed) return false;
      feed.pinned.length = keep;
      feed.pinned.push(...add);
      feed.length = length;
      return true;
    },
    reset() {
      for (const feed of feeds.values()) {
        feed.pinned = [];
        feed.length = feed.query.count;
      }
    },
    renew: () => want(feeds.values()),
  };
}
