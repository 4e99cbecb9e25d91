import { expect, test } from "vitest";
import { createRecommender } from "../../client-sdk/index.ts";
import { attentionGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";

test("deep", async () => {
  const models = { ...attentionGraphs(64), heads: ["like" as const] };
  const edge = testEdge(await syntheticRelease({ items: 1000, models }));
  const recommender = createRecommender({
    endpoint: "http://edge.test",
    fetch: edge.fetch,
    consent: "local",
    namespace: "t2",
  });
  recommender.on("error", (e) => console.log(e.code, e.message, e.stack));
  const deep = new Promise<void>((resolve) =>
    recommender.on("release", (r) => (console.log(JSON.stringify(r)), r.floor === "deep" && resolve())),
  );
  const ms: number[] = [];
  recommender.on("reaction", (r) => ms.push(r.ms));
  const feed = recommender.feed({ surface: "home" });
  const changed = () =>
    new Promise<void>((resolve) => {
      const end = feed.subscribe(() => {
        end();
        resolve();
      });
    });
  await deep;
  await changed();
  for (let i = 0; i < 100; i++) {
    recommender.track(i % 2 ? "like" : "skip", feed.getSnapshot().entries[i]!);
    await changed();
  }
  ms.sort((a, b) => a - b);
  console.log("p50", ms[50], "p95", ms[95], feed.getSnapshot().floor);
  expect(feed.getSnapshot().floor).toBe("deep");
  await recommender.erase();
  await recommender.close();
});
