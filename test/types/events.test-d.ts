import { expectTypeOf, test } from "vitest";
import { createRecommender, NearfeedError } from "../../client-sdk/index.ts";
import type { Consent, Entry, EventType, Floor, Item, Notices, TrackedType } from "../../client-sdk/index.ts";

const recommender = createRecommender({ endpoint: "/" });
declare const entry: Entry<Item>;

test("every kind of event but undo can be tracked", () => {
  expectTypeOf<TrackedType>().toEqualTypeOf<Exclude<EventType, "undo">>();
  // @ts-expect-error: there is no such kind
  recommender.track("glance", entry);
  // @ts-expect-error: an event is about something
  recommender.track("like");
  // @ts-expect-error: an entry or an id
  recommender.track("like", 7);
});

test("kinds without details take none", () => {
  for (const kind of ["click", "like", "dislike", "hide", "share", "save"] as const) {
    recommender.track(kind, entry);
    recommender.track(kind, "an id", {});
    // @ts-expect-error: it has no details
    recommender.track(kind, entry, { dwellMs: 5 });
  }
});

test("kinds with details take theirs, and need what has no default", () => {
  recommender.track("impression", entry);
  recommender.track("impression", entry, { policy: "mmr", explored: true, propensity: 0.2 });
  recommender.track("skip", entry, { dwellMs: 300, fraction: 0.1 });
  recommender.track("view", entry, { dwellMs: 1_000 });
  recommender.track("purchase", entry, { value: 9.5 });
  recommender.track("rating", entry, { value: 4.5 });
  // @ts-expect-error: a probability is a number
  recommender.track("impression", entry, { propensity: "high" });
  // @ts-expect-error: a skip has no value
  recommender.track("skip", entry, { value: 1 });
  // @ts-expect-error: a view needs its time
  recommender.track("view", entry, { fraction: 0.5 });
  // @ts-expect-error: a purchase needs its price
  recommender.track("purchase", entry);
  // @ts-expect-error: a rating needs its stars
  recommender.track("rating", entry, undefined);
});

test("every kind of notice hands over its own type", () => {
  recommender.on("reaction", (notice) => {
    expectTypeOf(notice).toEqualTypeOf<Notices["reaction"]>();
    expectTypeOf(notice.ms).toBeNumber();
    expectTypeOf(notice.floor).toEqualTypeOf<Floor>();
  });
  recommender.on("release", ({ release, previous }) => {
    expectTypeOf(release).toBeString();
    expectTypeOf(previous).toEqualTypeOf<string | null>();
  });
  recommender.on("sent", ({ method, events }) => {
    expectTypeOf(method).toEqualTypeOf<"GET" | "POST">();
    expectTypeOf(events).toBeNumber();
  });
  recommender.on("consent", ({ consent }) => expectTypeOf(consent).toEqualTypeOf<Consent>());
  recommender.on("error", (error) => {
    expectTypeOf(error).toEqualTypeOf<NearfeedError>();
    if (error.code === "model") return;
    // @ts-expect-error: the list of codes is closed
    if (error.code === "out_of_luck") return;
  });
  expectTypeOf(recommender.on("error", () => {})).toEqualTypeOf<() => void>();
  // @ts-expect-error: there is no such notice
  recommender.on("weather", () => {});
  // @ts-expect-error: a notice is not changed
  recommender.on("release", (notice) => (notice.release = "another"));
});

test("the kind may be a variable, and then the details follow it", () => {
  function press<K extends "like" | "hide">(kind: K) {
    return recommender.track<"like" | "hide">(kind, entry);
  }
  expectTypeOf(press("like")).toBeString();
});
