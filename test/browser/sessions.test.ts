import { expect, test } from "vitest";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { seeded } from "../harness/small-release.ts";
import { after, idsOf, open, shown, until } from "./open.ts";
import { openTwin } from "./twin.ts";

const release = await syntheticRelease({ items: 300, dim: 16 });
const ACTS = 40;

test.for([1, 2, 3])(
  "a random session (seed %i) keeps every promise of a feed, and undoing all of it leads back",
  async (seed) => {
    const random = seeded(seed);
    const notices = open(testEdge(release), { consent: "local", random });
    const { recommender } = notices;
    const feed = recommender.feed({ surface: "home", count: 10 });
    await recommender.sync();
    const start = await shown(feed, ({ floor }) => floor === "linear");
    const standing: string[] = [];
    for (let i = 0; i < ACTS; i++) {
      const before = feed.getSnapshot();
      const entry = before.entries[Math.floor(random() * before.entries.length)]!;
      const kind = (["like", "skip", "impression", "click", "hide"] as const)[Math.floor(random() * 5)]!;
      const undoes = standing.length > 0 && random() < 0.2;
      const undone = undoes ? standing.splice(Math.floor(random() * standing.length), 1)[0]! : undefined;
      if (undone === undefined) {
        const now = await after(notices, feed, () => {
          const id = recommender.track(kind, entry);
          standing.push(id);
          return id;
        });
        expect(now.pinned).toBe(Math.max(before.pinned, entry.position + 1));
        expect(now.entries.slice(0, now.pinned)).toEqual(before.entries.slice(0, now.pinned));
        expect(now.entries).toHaveLength(now.pinned + 10);
      } else {
        const count = notices.reactions.length;
        recommender.undo(undone);
        await until(() => notices.reactions.length > count);
      }
      const { entries, pinned } = feed.getSnapshot();
      expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
      expect(entries.map(({ position }) => position)).toEqual([...entries.keys()]);
      expect(pinned).toBeLessThanOrEqual(entries.length);
    }
    // The list of the moment is the one that the stored events give by themselves.
    const twin = openTwin(release);
    const events = await twin.stored(notices.namespace);
    const expected = await twin.list(events, { count: 20 });
    const list = await recommender.recommend({ surface: "home" });
    expect(idsOf(list)).toEqual(expected.map(({ id }) => id));
    for (const id of standing.reverse()) recommender.undo(id);
    const last = await shown(feed, ({ pinned }) => pinned === 0);
    expect(last.entries).toEqual(start.entries);
    expect(notices.errors).toEqual([]);
  },
);
