// What comes where something is lacking: each of the five alone, and all pairs but one, which has a page of its own.
import { expect, test } from "vitest";
import { testEdge } from "../harness/synthetic/edge.ts";
import { LACKS, release, visitTwice, without } from "./floors/lacking.ts";
import type { Lack } from "./floors/lacking.ts";
import { after, open, shown } from "./open.ts";

const ALONE = LACKS.map((lack): Lack[] => [lack]);
const PAIRS = LACKS.flatMap((a, i) => LACKS.slice(i + 1).map((b): Lack[] => [a, b]));
const CASES = [[], ...ALONE, ...PAIRS]
  .map((lacks) => ({ lacks, name: lacks.join(" and ") || "nothing" }))
  .filter(({ name }) => name !== "wasm and worker");

test.for(CASES)("lacking $name, a feed comes, reacts to likes and is there again as far as it can be", ({ lacks }) =>
  visitTwice(lacks),
);

test("a device that is too slow for the deep ranker goes back to the linear floor by itself, and says so once", async () => {
  await without(["speed"], async (options) => {
    const notices = open(testEdge(release), { ...options, consent: "local" });
    const { recommender } = notices;
    const feed = recommender.feed({ surface: "home" });
    await shown(feed, ({ floor }) => floor === "deep");
    for (let i = 0; i < 16; i++) await after(notices, feed, () => recommender.track("like", `item-${3 + 8 * i}`));
    await shown(feed, ({ floor }) => floor === "linear");
    expect(notices.releases.map(({ floor }) => floor)).toEqual(["linear", "deep", "linear"]);
    const slow = notices.errors.filter(({ code }) => code === "model");
    expect(slow).toHaveLength(1);
    expect(slow[0]!.message).toMatch(/takes \d+ ms here, at most 100/);
    const ms = notices.reactions.slice(-3).map((reaction) => reaction.ms);
    expect(Math.min(...ms)).toBeLessThan(150);
  });
});
