/** Opens recommenders for tests, each on databases of its own, and clears up after every test. */
import { afterEach } from "vitest";
import { createRecommender } from "../../client-sdk/index.ts";
import type { Feed, FeedSnapshot, NearfeedError, Notices, Options, Recommender } from "../../client-sdk/index.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";

export interface Opened {
  readonly recommender: Recommender;
  readonly namespace: string;
  readonly errors: NearfeedError[];
  readonly releases: Notices["release"][];
  readonly reactions: Notices["reaction"][];
}

const opened: Opened[] = [];

afterEach(async () => {
  for (const { recommender } of opened.splice(0)) {
    await recommender.erase();
    await recommender.close();
  }
});

/** A namespace that no other test has. */
export function freshNamespace(): string {
  return `test-${crypto.randomUUID()}`;
}

export function open(edge: TestEdge, options: Partial<Options> = {}): Opened {
  const namespace = options.namespace ?? freshNamespace();
  const recommender = createRecommender({ endpoint: "http://edge.test", fetch: edge.fetch, ...options, namespace });
  const notices: Opened = { recommender, namespace, errors: [], releases: [], reactions: [] };
  recommender.on("error", (error) => notices.errors.push(error));
  recommender.on("release", (notice) => notices.releases.push(notice));
  recommender.on("reaction", (notice) => notices.reactions.push(notice));
  opened.push(notices);
  return notices;
}

/** Resolves with the snapshot once it satisfies a condition, at once where it does already. */
export function shown(feed: Feed, condition: (snapshot: FeedSnapshot) => boolean): Promise<FeedSnapshot> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never shown: ${JSON.stringify(feed.getSnapshot())}`)), 10_000);
    const look = () => {
      const snapshot = feed.getSnapshot();
      if (!condition(snapshot)) return;
      clearTimeout(timer);
      end();
      resolve(snapshot);
    };
    const end = feed.subscribe(look);
    look();
  });
}

/** What the feed shows once an event has had its effect. */
export async function after(notices: Opened, feed: Feed, act: () => string): Promise<FeedSnapshot> {
  const id = act();
  await until(() => notices.reactions.some(({ event }) => event === id));
  return feed.getSnapshot();
}

/** Resolves once a condition holds. */
export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function idsOf({ entries }: { readonly entries: readonly { readonly id: string }[] }): string[] {
  return entries.map(({ id }) => id);
}

/** The cluster of an item of a made-up release. */
export function clusterOf(id: string, clusters = 8): number {
  return Number(id.slice("item-".length)) % clusters;
}

/** What an engine without a page tells to nobody. */
export const quietPage = {
  feed() {},
  release() {},
  erased() {},
  lowered() {},
  sender() {},
  settled() {},
  sent() {},
};
