import { expectTypeOf, test } from "vitest";
import { createRecommender } from "../../client-sdk/index.ts";
import type {
  Entry,
  FeedSnapshot,
  ImportResult,
  Item,
  List,
  ProfileExport,
  Recommender,
} from "../../client-sdk/index.ts";

interface Video {
  id: string;
  poster: string;
}

const recommender = createRecommender<Video>({ endpoint: "/" });
declare const entry: Entry<Video>;

test("entries carry the app's own type, and Item where it names none", () => {
  expectTypeOf(recommender).toEqualTypeOf<Recommender<Video>>();
  expectTypeOf(recommender.recommend({ surface: "home" })).resolves.toEqualTypeOf<List<Video>>();
  expectTypeOf(recommender.feed({ surface: "home" }).getSnapshot()).toEqualTypeOf<FeedSnapshot<Video>>();
  expectTypeOf(createRecommender({ endpoint: "/" })).toEqualTypeOf<Recommender<Item>>();
});

test("track asks for what the kind of event needs, and for nothing more", () => {
  expectTypeOf(recommender.track("like", entry)).toBeString();
  recommender.track("like", "an id");
  recommender.track("view", entry, { dwellMs: 1_000, fraction: 0.5 });
  recommender.track("purchase", entry, { value: 9.5 });
  recommender.track("skip", entry);
  recommender.track("skip", entry, { dwellMs: 300 });
  // @ts-expect-error: a view needs its time
  recommender.track("view", entry);
  // @ts-expect-error: a rating needs its stars
  recommender.track("rating", entry, {});
  // @ts-expect-error: there is no such detail
  recommender.track("rating", entry, { value: 4, stars: 4 });
  // @ts-expect-error: undo is a method of its own
  recommender.track("undo", entry);
});

test("a feed fits useSyncExternalStore", () => {
  const feed = recommender.feed({ surface: "home" });
  const store = (_subscribe: (changed: () => void) => () => void, _snapshot: () => object) => {};
  store(feed.subscribe, feed.getSnapshot);
  expectTypeOf(feed).toExtend<Disposable>();
  expectTypeOf(recommender).toExtend<AsyncDisposable>();
});

test("terms are told apart by their kind", async () => {
  const why = await recommender.explain(entry);
  for (const term of why?.terms ?? []) {
    if (term.kind === "event") expectTypeOf(term.item).toBeString();
    // @ts-expect-error: popularity names no event
    if (term.kind === "popularity") void term.event;
  }
});

test("a profile is exported as what can be imported, and adjusted by a number", async () => {
  const file = await recommender.profile.export();
  expectTypeOf(file).toEqualTypeOf<ProfileExport | undefined>();
  expectTypeOf(recommender.profile.import(file)).resolves.toEqualTypeOf<ImportResult>();
  expectTypeOf(recommender.profile.import(JSON.parse("{}"))).resolves.toEqualTypeOf<ImportResult>();
  recommender.profile.adjust("comedy", 0.5);
  // @ts-expect-error: how much is a number
  recommender.profile.adjust("comedy", "more");
});

test("an unknown option is a mistake", () => {
  // @ts-expect-error: a typing mistake
  createRecommender({ endpoint: "/", concent: "local" });
  // @ts-expect-error: the endpoint is needed
  createRecommender({});
});
