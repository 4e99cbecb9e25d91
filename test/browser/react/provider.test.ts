// RecommenderProvider and useObserve with a real React: whose recommender it is, how long it lives, what a card tells.
import { Activity, StrictMode, createElement as h } from "react";
import { expect, test } from "vitest";
import { RecommenderProvider, useFeed, useObserve, useRecommender } from "../../../client-sdk/react.ts";
import type { Entry, Item, Options, Recommender } from "../../../client-sdk/index.ts";
import { testEdge } from "../../harness/synthetic/edge.ts";
import { syntheticRelease } from "../../harness/synthetic/release.ts";
import { freshNamespace, open, until } from "../open.ts";
import { render } from "./render.ts";

const release = await syntheticRelease({ items: 200 });

/** Shows how many entries there are, and hands out the recommender. */
function Size({ seen }: { seen: (recommender: Recommender<Item>) => void }) {
  seen(useRecommender());
  return h("p", null, String(useFeed({ surface: "home", count: 5 }).entries.length));
}

function own(): { options: Options; seen: Recommender<Item>[]; last: () => Recommender<Item> } {
  const edge = testEdge(release);
  const seen: Recommender<Item>[] = [];
  const options = { endpoint: "http://edge.test", fetch: edge.fetch, namespace: freshNamespace() };
  return { options, seen, last: () => seen.at(-1)! };
}

const sizeIn = (host: HTMLElement) => host.querySelector("p")?.textContent;
const closed = async (recommender: Recommender<Item>) =>
  (await recommender.recommend({ surface: "home" })).error?.code === "closed";

test("strict mode does not close the provider's recommender; unmounting does", async () => {
  const { options, seen, last } = own();
  const { host, unmount, complaints } = render(
    h(StrictMode, null, h(RecommenderProvider, { options }, h(Size, { seen: (each) => void seen.push(each) }))),
  );
  await until(() => sizeIn(host) === "5");
  expect(await closed(last())).toBe(false);
  expect(new Set(seen).size).toBe(1);
  await unmount();
  expect(await closed(last())).toBe(true);
  expect(complaints).toEqual([]);
});

test("options written anew are the same recommender; another consent is set, another account is another one", async () => {
  const { options, seen, last } = own();
  const tree = (changed: Partial<Options>) =>
    h(RecommenderProvider, { options: { ...options, ...changed } }, h(Size, { seen: (each) => void seen.push(each) }));
  const { host, render: again } = render(tree({}));
  await until(() => sizeIn(host) === "5");
  const first = last();
  const renders = seen.length;
  again(tree({ now: () => Date.now() }));
  await until(() => seen.length > renders);
  expect(last()).toBe(first);
  again(tree({ consent: "local" }));
  await until(() => first.consent === "local");
  expect(last()).toBe(first);
  again(tree({ consent: "local", namespace: freshNamespace() }));
  await until(() => last() !== first);
  expect(last().consent).toBe("local");
  await until(() => sizeIn(host) === "5");
  expect(await closed(first)).toBe(true);
  expect(await closed(last())).toBe(false);
  await last().erase();
});

test("a recommender of the app's own is never closed", async () => {
  const { recommender } = open(testEdge(release));
  const seen: Recommender<Item>[] = [];
  const { host, unmount } = render(
    h(RecommenderProvider, { recommender }, h(Size, { seen: (each) => void seen.push(each) })),
  );
  await until(() => sizeIn(host) === "5");
  expect(seen[0]).toBe(recommender);
  await unmount();
  expect(await closed(recommender)).toBe(false);
});

test("a tree that is hidden and shown again has a recommender that works", async () => {
  const { options, seen, last } = own();
  const tree = (mode: "hidden" | "visible") =>
    h(Activity, {
      mode,
      children: h(RecommenderProvider, { options }, h(Size, { seen: (each) => void seen.push(each) })),
    });
  const { host, render: again } = render(tree("visible"));
  await until(() => sizeIn(host) === "5");
  const first = last();
  again(tree("hidden"));
  await until(() => host.querySelector("p")!.style.display === "none");
  await expect.poll(() => closed(first)).toBe(true);
  again(tree("visible"));
  await until(() => last() !== first);
  expect(await closed(last())).toBe(false);
  await until(() => sizeIn(host) === "5");
});

test("an observed card tells one impression, however often its feed is ranked anew", async () => {
  const notices = open(testEdge(release), { consent: "local" });
  function Card({ entry }: { entry: Entry<Item> }) {
    return h("article", { ref: useObserve(entry), style: { height: 40 } }, entry.id);
  }
  function Cards() {
    const { entries } = useFeed({ surface: "home", count: 4 });
    return entries.slice(0, 4).map((entry) => h(Card, { key: entry.id, entry }));
  }
  const { host } = render(h(StrictMode, null, h(RecommenderProvider, { recommender: notices.recommender }, h(Cards))));
  const impressions = () => notices.reactions.length;
  await until(() => host.querySelectorAll("article").length === 4);
  await until(() => impressions() >= 4);
  const before = impressions();
  const ids = [...host.querySelectorAll("article")].map(({ textContent }) => textContent);
  for (const item of ["item-11", "item-19", "item-27"]) notices.recommender.track("like", item);
  await until(() => impressions() >= before + 3);
  const { events } = await notices.recommender.profile.get();
  expect(events).toBe(before + 3);
  expect([...host.querySelectorAll("article")].map(({ textContent }) => textContent)).toEqual(ids);
});
