import { expect, test } from "vitest";
import type { Entry } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { openWatched } from "./hostile/watch.ts";
import { after, idsOf, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 120 });

/** Does what an app should not do to what it was given; some of it throws, into the app's own face. */
function spoil(given: object): void {
  const target = given as Record<string, unknown>;
  const acts = [
    () => ((target as unknown as unknown[]).length = 0),
    () => (target as unknown as unknown[]).push({}),
    () => (target as unknown as unknown[]).reverse(),
    ...Object.keys(target).map((key) => () => (target[key] = undefined)),
    ...Object.keys(target).map((key) => () => delete target[key]),
    () => Object.setPrototypeOf(target, null),
  ];
  for (const act of acts) {
    try {
      act();
    } catch {
      // Frozen.
    }
  }
}

test("what is handed out can be spoilt as one likes: feed, pins, events, explanations and lists stay right", async () => {
  const edge = testEdge(release);
  const { recommender, errors } = openWatched(edge);
  const feed = recommender.feed({ surface: "home" });
  const first = await shown(feed, ({ floor }) => floor === "linear");
  const expected = idsOf(first);
  for (const entry of first.entries) {
    spoil(entry.sources);
    spoil(entry.item);
    spoil(entry);
  }
  spoil(first.entries);
  spoil(first);
  expect(idsOf(feed.getSnapshot())).toEqual(expected);
  const [, , third] = feed.getSnapshot().entries;
  recommender.track("like", third!);
  const next = await shown(feed, ({ pinned }) => pinned === 3);
  expect(idsOf(next).slice(0, 3)).toEqual(expected.slice(0, 3));
  expect((await recommender.explain(next.entries[5]!))?.score).toBeCloseTo(next.entries[5]!.score, 5);
  const list = await recommender.recommend({ surface: "home" });
  const ids = idsOf(list);
  spoil(list.entries);
  spoil(list);
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toEqual(ids);
  const profile = await recommender.profile.get();
  spoil(profile.categories);
  spoil(profile.adjustments);
  spoil(profile);
  expect(await recommender.profile.get()).toMatchObject({ events: 1, positives: 1 });
  expect(errors).toEqual([]);
});

test("what an app had frozen through and through works as an entry and as a query", async () => {
  const { recommender, errors } = openWatched(testEdge(release));
  const query = Object.freeze({
    surface: "home",
    filter: Object.freeze({ categories: Object.freeze({ none: Object.freeze(["c1"]) as string[] }) }),
    exclude: Object.freeze(["item-2"]),
  });
  const feed = recommender.feed(query);
  const { entries } = await shown(feed, ({ floor }) => floor === "linear");
  Object.freeze(entries[0]!.item);
  recommender.track("like", entries[0]!, Object.freeze({}));
  await shown(feed, ({ pinned }) => pinned === 1);
  expect((await recommender.rank(Object.freeze(["item-3", "item-4"]), query)).entries).toHaveLength(2);
  expect(errors).toEqual([]);
});

test("an entry that cannot be read any more when it comes onto the screen throws nothing", async () => {
  const { recommender, errors } = openWatched(testEdge(release));
  const feed = recommender.feed({ surface: "home" });
  const { entries } = await shown(feed, ({ floor }) => floor === "linear");
  let broken = false;
  const entry = new Proxy(
    { ...entries[1]! },
    {
      get(target, key) {
        if (broken) throw new Error("the app's own");
        return Reflect.get(target, key) as unknown;
      },
    },
  );
  const card = document.body.appendChild(document.createElement("p"));
  card.textContent = "a card";
  const end = recommender.observe(card, entry as Entry);
  broken = true;
  await until(() => feed.getSnapshot().pinned === 2);
  end();
  card.remove();
  expect(errors).toEqual([]);
});

test("what only looks like an element is refused and watched by nobody", async () => {
  const { recommender, errors } = openWatched(testEdge(release));
  const feed = recommender.feed({ surface: "home" });
  const { entries } = await shown(feed, ({ floor }) => floor === "linear");
  const end = recommender.observe({ nodeType: 1 } as unknown as Element, entries[0]!);
  end();
  end();
  expect(errors).toMatchObject([{ code: "bad_option" }]);
  const detached = document.createElement("div");
  recommender.observe(detached, entries[0]!)();
  expect(errors).toHaveLength(1);
});

test("a position that is none pins nothing and costs no other event", async () => {
  const { recommender, errors } = openWatched(testEdge(release));
  const feed = recommender.feed({ surface: "home" });
  const { entries } = await shown(feed, ({ floor }) => floor === "linear");
  const odd = ["length", "0", "1", -1, 0.5, NaN, 1e9, "__proto__", null].map((position) => ({
    ...entries[0]!,
    position,
  }));
  for (const entry of odd) recommender.track("like", entry as Entry);
  recommender.track("like", { position: "length" } as unknown as Entry);
  recommender.track("like", "item-7");
  await until(() => errors.length > 0);
  expect(feed.getSnapshot().pinned).toBe(0);
  const { recent } = await recommender.profile.get();
  expect(recent.map(({ item }) => item)).toContain("item-7");
});

test("a listener that listens again while it is called is called once", async () => {
  const notices = openWatched(testEdge(release));
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  let calls = 0;
  const listen = () => {
    calls++;
    recommender.on("reaction", listen);
  };
  recommender.on("reaction", listen);
  await after(notices, feed, () => recommender.track("like", "item-5"));
  expect(calls).toBe(1);
});

test("what cannot be passed to a worker is a failed list that says so", async () => {
  const { recommender } = openWatched(testEdge(release));
  const asked = { surface: "home", filter: { language: () => "en" } } as never;
  for (const list of [await recommender.recommend(asked), await recommender.rank(["item-1"], asked)]) {
    expect(list).toMatchObject({ status: "failed", error: { code: "bad_option" } });
  }
  const snapshot = await shown(recommender.feed(asked), ({ status }) => status === "failed");
  expect(snapshot.error?.code).toBe("bad_option");
});
