import { expect, test } from "vitest";
import { createRecommender } from "../../client-sdk/index.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";

test("a like of one cluster brings its share of the feed up", async () => {
  const edge = testEdge(await syntheticRelease({ items: 400 }));
  const recommender = createRecommender({
    endpoint: "http://edge.test",
    fetch: edge.fetch,
    consent: "local",
    namespace: "t1",
  });
  recommender.on("error", (e) => console.log(e.code, e.message));
  recommender.on("reaction", (r) => console.log(JSON.stringify(r)));
  await recommender.sync();
  const list = await recommender.recommend({ surface: "home" });
  console.log(list.floor, list.status, list.entries.map((e) => e.id).join());
  const feed = recommender.feed({ surface: "home" });
  const changed = () =>
    new Promise<void>((resolve) => {
      const end = feed.subscribe(() => {
        end();
        resolve();
      });
    });
  await changed();
  const before = feed.getSnapshot();
  for (let i = 0; i < 3; i++) {
    recommender.track("like", feed.getSnapshot().entries[i]!);
    await changed();
  }
  const after = feed.getSnapshot();
  console.log(before.entries.map((e) => e.id).join(), after.entries.map((e) => e.id).join(), after.pinned);
  expect(after.pinned).toBe(3);
  await recommender.erase();
  expect((await indexedDB.databases()).length).toBe(0);
  await recommender.close();
});
