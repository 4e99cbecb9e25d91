// useFeed with a real React: one feed a component whatever React does to it, and never two lists in one picture.
import {
  StrictMode,
  Suspense,
  createContext,
  createElement as h,
  startTransition,
  use,
  useContext,
  useLayoutEffect,
  useState,
} from "react";
import { expect, test } from "vitest";
import { RecommenderProvider, useFeed } from "../../../client-sdk/react.ts";
import type { FeedView } from "../../../client-sdk/react.ts";
import type { Item, List, Query } from "../../../client-sdk/index.ts";
import { testEdge } from "../../harness/synthetic/edge.ts";
import { syntheticRelease } from "../../harness/synthetic/release.ts";
import { open, until } from "../open.ts";
import { counted, render } from "./render.ts";

const release = await syntheticRelease({ items: 200 });
const HOME: Query = { surface: "home", count: 8 };

function start() {
  const notices = open(testEdge(release), { consent: "local" });
  return { notices, feeds: counted(notices.recommender) };
}

/** Shows a feed as text, and hands out what it shows. */
function Shown({ query, initial, seen }: { query: Query; initial?: List; seen?: (view: FeedView<Item>) => void }) {
  const view = useFeed(query, initial);
  seen?.(view);
  return h("p", { "data-floor": view.floor }, view.entries.map(({ id }) => id).join(" "));
}

const shownIn = (host: HTMLElement) => host.querySelector("p")?.textContent ?? "";
const floorIn = (host: HTMLElement) => host.querySelector("p")?.dataset["floor"];

test("strict mode opens one feed, shows it, and leaves none behind", async () => {
  const { notices, feeds } = start();
  const views: FeedView<Item>[] = [];
  const list = h(Shown, { query: HOME, seen: (view) => views.push(view) });
  const { host, complaints, unmount } = render(
    h(StrictMode, null, h(RecommenderProvider, { recommender: feeds.recommender }, list)),
  );
  expect(views.every(({ loading, entries }) => loading && entries.length === 0)).toBe(true);
  await until(() => floorIn(host) === "linear");
  expect(feeds).toMatchObject({ opened: 1, open: 1 });
  const before = shownIn(host);
  expect(before.split(" ")).toHaveLength(8);
  notices.recommender.track("like", "item-11");
  await until(() => shownIn(host) !== before);
  await views.at(-1)!.more(4);
  await until(() => shownIn(host).split(" ").length === 12);
  expect(views.at(-1)!.loading).toBe(false);
  await unmount();
  expect(feeds).toMatchObject({ opened: 1, open: 0 });
  expect(complaints).toEqual([]);
});

test("a query that says the same is the same feed; another one opens another and ends the first", async () => {
  const { feeds } = start();
  const views: FeedView<Item>[] = [];
  const tree = (query: Query) =>
    h(
      RecommenderProvider,
      { recommender: feeds.recommender },
      h(Shown, { query, seen: (view) => void views.push(view) }),
    );
  const rendered = render(tree({ surface: "home", filter: { categories: { any: ["c2"] } } }));
  await until(() => shownIn(rendered.host) !== "");
  rendered.render(tree({ filter: { categories: { any: ["c2"] } }, surface: "home" }));
  await until(() => views.length > 2);
  expect(feeds).toMatchObject({ opened: 1, open: 1 });
  const before = views.length;
  rendered.render(tree({ surface: "home", filter: { categories: { any: ["c3"] } } }));
  await until(() => feeds.opened === 2 && feeds.open === 1);
  expect(views[before], "the list of another query is not shown for this one").toMatchObject({
    loading: true,
    entries: [],
  });
  await until(() => views.at(-1)!.entries.length > 0);
  expect(views.at(-1)!.entries.every(({ item }) => item.categories.includes("c3"))).toBe(true);
});

test("what is given is shown until the first ranking, and only for the first query", async () => {
  const { feeds } = start();
  const entry = { id: "given", item: { id: "given", categories: [] }, list: "server", position: 0, score: 0 };
  const initial: List = {
    id: "server",
    entries: [{ ...entry, sources: [] }],
    status: "ready",
    floor: "start",
    offline: false,
  };
  const views: FeedView<Item>[] = [];
  const tree = (query: Query) =>
    h(
      RecommenderProvider,
      { recommender: feeds.recommender },
      h(Shown, { query, initial, seen: (view) => void views.push(view) }),
    );
  const rendered = render(tree(HOME));
  await until(() => shownIn(rendered.host) === "given");
  expect(views[0]).toMatchObject({ id: "server", loading: true, pinned: 0 });
  await until(() => views.at(-1)!.floor === "linear");
  expect(shownIn(rendered.host)).not.toContain("given");
  const before = views.length;
  rendered.render(tree({ surface: "sidebar" }));
  await until(() => views.length > before);
  expect(views[before]!.entries).toEqual([]);
});

test("what is given stays where the first ranking fails, which the status says", async () => {
  const away = () => Promise.reject(new TypeError("Failed to fetch"));
  const { recommender } = open(testEdge(release), { consent: "local", fetch: away });
  const entry = { id: "given", item: { id: "given", categories: [] }, list: "server", position: 0, score: 0 };
  const entries = [{ ...entry, sources: [] }];
  const initial: List = { id: "server", entries, status: "ready", floor: "start", offline: false };
  const views: FeedView<Item>[] = [];
  const shown = h(Shown, { query: HOME, initial, seen: (view) => void views.push(view) });
  const rendered = render(h(RecommenderProvider, { recommender }, shown));
  await until(() => views.at(-1)?.status === "failed");
  expect(views.at(-1)).toMatchObject({ loading: false, offline: true, error: { code: "offline" } });
  expect(shownIn(rendered.host)).toBe("given");
});

test("a query that is refused is a failed list", async () => {
  const { feeds } = start();
  const views: FeedView<Item>[] = [];
  render(
    h(
      RecommenderProvider,
      { recommender: feeds.recommender },
      h(Shown, { query: { surface: "" }, seen: (view) => void views.push(view) }),
    ),
  );
  await until(() => views.at(-1)?.status === "failed");
  expect(views.at(-1)).toMatchObject({ loading: false, error: { path: "query.surface" } });
});

test("a component that suspends before it is shown has opened nothing", async () => {
  const { feeds } = start();
  let resume = () => {};
  const data = new Promise<string>((resolve) => (resume = () => resolve("there")));
  function Waits() {
    const view = useFeed(HOME);
    return h("p", null, `${use(data)} ${view.entries.length}`);
  }
  const { host } = render(
    h(
      RecommenderProvider,
      { recommender: feeds.recommender },
      h(Suspense, { fallback: h("i", null, "waits") }, h(Waits)),
    ),
  );
  await until(() => host.querySelector("i") !== null);
  expect(feeds.opened).toBe(0);
  resume();
  await until(() => shownIn(host) === "there 8");
  expect(feeds).toMatchObject({ opened: 1, open: 1 });
});

test("a transition that is interrupted by a new ranking never shows two rankings in one picture", async () => {
  const { notices, feeds } = start();
  const View = createContext<FeedView<Item> | undefined>(undefined);
  const pictures: string[][] = [];
  let turn: (next: number) => void = () => {};

  function Slow({ at, turned }: { at: number; turned: number }) {
    const view = useContext(View)!;
    const end = performance.now() + 4;
    while (performance.now() < end);
    return h("b", null, `${turned}/${view.entries[at]?.id} of ${view.entries.map(({ id }) => id).join()}`);
  }
  function Page() {
    const view = useFeed(HOME);
    const [turned, setTurned] = useState(0);
    turn = setTurned;
    useLayoutEffect(() => {
      pictures.push([...document.querySelectorAll("b")].map(({ textContent }) => textContent!.replace(/\/.* of/, "")));
    });
    const slow = Array.from({ length: 25 }, (_, at) => h(Slow, { key: at, at, turned }));
    return h(View.Provider, { value: view }, slow);
  }
  render(h(RecommenderProvider, { recommender: feeds.recommender }, h(Page)));
  await until(() => notices.releases.length > 0 && pictures.at(-1)![0]! !== pictures[0]![0]);
  const before = pictures.length;
  for (let i = 1; i <= 5; i++) {
    startTransition(() => turn(i));
    notices.recommender.track("like", `item-${i * 8 + 3}`);
    await until(() => notices.reactions.length === i);
  }
  await until(() => pictures.at(-1)![0]!.startsWith("5 "));
  expect(pictures.length - before).toBeGreaterThan(5);
  for (const picture of pictures) expect(new Set(picture).size).toBe(1);
  expect(new Set(pictures.map(([first]) => first!.slice(2))).size, "rankings that were shown").toBeGreaterThan(3);
});
