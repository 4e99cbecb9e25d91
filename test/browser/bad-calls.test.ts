import { expect, test } from "vitest";
import type { Entry, Feed } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 60 });

/** Whether a promise settles in good time. */
function settles(promise: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 10_000));
  return Promise.race([promise.then(() => true), late]);
}

test("more of a feed whose query was refused settles, and the feed stays failed with its path", async () => {
  const { recommender } = open(testEdge(release));
  const feed = recommender.feed({ surface: "" });
  expect(await settles(feed.more()), "asked for before the refusal is known").toBe(true);
  await shown(feed, ({ status }) => status === "failed");
  expect(await settles(feed.more(5)), "asked for after it").toBe(true);
  expect(feed.getSnapshot()).toMatchObject({ status: "failed", error: { path: "query.surface" } });
});

test.for([
  ["the feed is disposed", (feed: Feed) => feed[Symbol.dispose]()],
  ["the recommender is closed", (_: Feed, close: () => Promise<void>) => void close()],
] as const)("more that waits when %s settles, and so does one asked for after that", async ([, end]) => {
  const { recommender } = open(testEdge(release));
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ entries }) => entries.length > 0);
  const waiting = feed.more();
  end(feed, recommender.close);
  expect(await settles(waiting)).toBe(true);
  expect(await settles(feed.more())).toBe(true);
});

test("an entry without sources is tracked like any other", async () => {
  const { recommender, errors } = open(testEdge(release));
  const feed = recommender.feed({ surface: "home" });
  const { entries } = await shown(feed, (snapshot) => snapshot.entries.length > 0);
  const { id, list, position } = entries[0]!;
  recommender.track("impression", { id, list, position } as Entry);
  await until(() => feed.getSnapshot().pinned === 1);
  expect((await recommender.profile.get()).events).toBe(1);
  expect(errors).toEqual([]);
});

const unreadable = new Proxy({} as Entry, {
  get() {
    throw new Error("the app's own");
  },
});

test.for([
  ["undefined", undefined],
  ["null", null],
  ["a number", 7],
  ["a symbol", Symbol("item")],
  ["a function", () => {}],
  ["an object without an id", {}],
  ["an id that is a function", { id: () => {}, list: "list", position: 0 }],
  ["an entry that cannot be read", unreadable],
] as const)("tracking %s is an error notice, throws nothing and costs no other event", async ([, on]) => {
  const { recommender, errors } = open(testEdge(release));
  await recommender.sync();
  recommender.track("like", "item-1");
  const track = recommender.track as (type: string, on: unknown) => string;
  expect(typeof track("impression", on)).toBe("string");
  recommender.track("like", "item-2");
  await until(() => errors.length > 0);
  expect((await recommender.profile.get()).events).toBe(2);
  expect(errors).toHaveLength(1);
});

test("an event type or an undo that cannot be sent is an error notice and costs no other event", async () => {
  const { recommender, errors } = open(testEdge(release));
  await recommender.sync();
  recommender.track("like", "item-1");
  recommender.track((() => {}) as unknown as "like", "item-2");
  recommender.undo(Symbol("event") as unknown as string);
  await until(() => errors.length === 2);
  expect((await recommender.profile.get()).events).toBe(1);
});

test.for([
  ["undefined", undefined],
  ["null", null],
  ["an entry that cannot be read", unreadable],
] as const)("explaining %s is an error notice and resolves with nothing", async ([, entry]) => {
  const { recommender, errors } = open(testEdge(release));
  expect(await recommender.explain(entry as Entry)).toBeUndefined();
  expect(errors).toMatchObject([{ code: "bad_option" }]);
});

test("odd options of recommend reject nothing", async () => {
  const { recommender } = open(testEdge(release));
  const list = await recommender.recommend({ surface: "home" }, null as unknown as object);
  expect(list.status).not.toBe("failed");
  const signal = {} as AbortSignal;
  expect((await recommender.recommend({ surface: "home" }, { signal })).status).toBe("failed");
});
