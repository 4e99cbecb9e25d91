/** A visit to a page that may be broken, in a frame of its own: what is frozen or replaced there ends with it. */
import { createRecommender } from "../../../client-sdk/index.ts";
import type { FeedSnapshot, Options } from "../../../client-sdk/index.ts";
import { testEdge } from "../../harness/synthetic/edge.ts";
import { syntheticRelease } from "../../harness/synthetic/release.ts";
import { listen, settled, uncaught } from "./uncaught.ts";

/** What came of a visit. */
export interface Visit {
  readonly liked: number;
  /** Of 20 entries, those of the cluster that was liked; by chance 2.5. */
  readonly alike: number;
  readonly explained: boolean;
  readonly reactions: number;
  readonly codes: readonly string[];
  readonly uncaught: readonly string[];
}

const release = await syntheticRelease({ items: 200 });

/** @throws where a list never comes */
export async function visit(options: Partial<Options>, waitMs: number): Promise<Visit> {
  const end = listen();
  const edge = testEdge(release);
  const recommender = createRecommender({
    endpoint: "http://edge.test",
    consent: "full",
    publicKey: "key",
    namespace: `visit-${performance.now()}-${name}`,
    fetch: edge.fetch,
    ...options,
  });
  const codes: string[] = [];
  let reactions = 0;
  recommender.on("error", ({ code }) => codes.push(code));
  recommender.on("reaction", () => reactions++);
  const feed = recommender.feed({ surface: "home" });

  function shown(what: (snapshot: FeedSnapshot) => boolean): Promise<FeedSnapshot> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never shown: ${JSON.stringify(feed.getSnapshot())}`)), waitMs);
      const look = () => {
        if (!what(feed.getSnapshot())) return;
        clearTimeout(timer);
        resolve(feed.getSnapshot());
      };
      feed.subscribe(look);
      look();
    });
  }

  const isAlike = ({ id }: { id: string }) => Number(id.slice(5)) % 8 === 3;
  await shown(({ floor, entries }) => floor === "linear" && entries.length > 0);
  await recommender.sync();
  const card = document.body.appendChild(document.createElement("p"));
  card.textContent = "a card";
  const unobserve = recommender.observe(card, feed.getSnapshot().entries[0]!);
  for (let i = 0; i < 6; i++) recommender.track("like", `item-${3 + 8 * i}`);
  const ranked = await shown(({ entries }) => entries.filter(isAlike).length > 8);
  const explained = await recommender.explain(ranked.entries[5]!);
  // What a page does when it goes.
  dispatchEvent(new Event("pagehide"));
  document.dispatchEvent(new Event("visibilitychange"));
  unobserve();
  const { positives: liked } = await recommender.profile.get();
  await recommender.setConsent("local");
  await recommender.erase();
  await recommender.close();
  await settled();
  end();
  return {
    liked,
    alike: ranked.entries.filter(isAlike).length,
    explained: explained !== undefined,
    reactions,
    codes: [...new Set(codes)],
    uncaught: [...uncaught],
  };
}
