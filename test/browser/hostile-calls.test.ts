import { expect, test } from "vitest";
import type { Recommender } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { openWatched } from "./hostile/watch.ts";
import { shown } from "./open.ts";

/** Hundreds of calls, on a machine that may be busy. */
const LIMIT_MS = 60_000;

const release = await syntheticRelease({ items: 60 });

const boom = () => {
  throw new TypeError("the app's own");
};

/** Everything an app may hand over by mistake. Made anew for every call: some of it is used up. */
function garbage(): [string, unknown][] {
  const circular: Record<string, unknown> = { surface: "home", id: "item-1" };
  circular["self"] = circular;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const unreadable = {
    get id() {
      return boom();
    },
    get surface() {
      return boom();
    },
    get list() {
      return boom();
    },
  };
  const vast: unknown[] = [];
  vast.length = 2 ** 32 - 1;
  let deep: unknown = "end";
  for (let i = 0; i < 5_000; i++) deep = [deep];
  return [
    ["undefined", undefined],
    ["null", null],
    ["NaN", NaN],
    ["-1", -1],
    ["Infinity", Infinity],
    ["a bigint", 10n],
    ["true", true],
    ["a symbol", Symbol("what")],
    ["a function", boom],
    ["an empty string", ""],
    ["a string of a megabyte", "x".repeat(1 << 20)],
    ["a lone surrogate", "\ud800"],
    ["__proto__", "__proto__"],
    ["an array", [undefined, null, Symbol("x")]],
    ["a vast array without entries", vast],
    ["an empty object", {}],
    ["an object without a prototype", Object.create(null)],
    ["a circular object", circular],
    ["what nests too deep", deep],
    ["an object that throws when it is read", unreadable],
    ["a proxy that throws", new Proxy({}, { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom })],
    ["a proxy that was revoked", revoked.proxy],
    ["an element that is nowhere", document.createElement("div")],
    ["a promise", Promise.resolve({ surface: "home" })],
    ["an odd entry", { id: 7, list: {}, position: "0", sources: [boom] }],
    ["an entry at no place", { list: undefined, id: undefined, position: "length" }],
    ["an entry at half a place", { id: "item-1", list: "list", position: 0.5, sources: "none" }],
    ["a query of functions", { surface: "home", filter: boom, exclude: [boom], count: boom }],
    ["a frozen query with odd parts", Object.freeze({ surface: "home", diversity: 2, count: -3, exclude: [7] })],
    ["a window", window],
  ];
}

/** Every method, with one wrong argument in each place. What it returns is used as an app would. */
const CALLS: Readonly<Record<string, (recommender: Recommender, wrong: never) => unknown>> = {
  "recommend(wrong)": (r, wrong) => r.recommend(wrong),
  "recommend(query, wrong)": (r, wrong) => r.recommend({ surface: "home" }, wrong),
  "recommend with a wrong signal": (r, wrong) => r.recommend({ surface: "home" }, { signal: wrong }),
  "recommend of a wrong surface": (r, wrong) => r.recommend({ surface: wrong }),
  "recommend without wrong": (r, wrong) => r.recommend({ surface: "home", exclude: [wrong] }),
  "feed(wrong)": (r, wrong) => {
    const feed = r.feed(wrong);
    const end = feed.subscribe(() => {});
    const longer = feed.more(wrong);
    feed.getSnapshot();
    end();
    end();
    feed[Symbol.dispose]();
    feed[Symbol.dispose]();
    return longer;
  },
  "subscribe(wrong)": (r, wrong) => {
    const feed = r.feed({ surface: "home" });
    if (typeof wrong !== "function") feed.subscribe(wrong)();
    // Left open, each of some hundred would be ranked anew after every event of the others.
    return feed.more(wrong).finally(() => feed[Symbol.dispose]());
  },
  "rank(wrong, query)": (r, wrong) => r.rank(wrong, { surface: "home" }),
  "rank(ids, wrong)": (r, wrong) => r.rank(["item-1"], wrong),
  "rank([wrong])": (r, wrong) => r.rank([wrong], { surface: "home" }),
  "similar(wrong)": (r, wrong) => r.similar(wrong),
  "similar(id, wrong)": (r, wrong) => r.similar("item-1", wrong),
  "track(wrong, id)": (r, wrong) => r.track(wrong, "item-1", {} as never),
  "track(type, wrong)": (r, wrong) => r.track("like", wrong),
  "track(type, id, wrong)": (r, wrong) => r.track("view", "item-1", wrong as never),
  "track with a wrong detail": (r, wrong) => r.track("view", "item-1", { dwellMs: wrong, fraction: wrong }),
  "undo(wrong)": (r, wrong) => r.undo(wrong),
  "observe(wrong, entry)": (r, wrong) => r.observe(wrong, { id: "item-1", list: "list" } as never)(),
  "observe(element, wrong)": (r, wrong) => r.observe(document.body, wrong)(),
  "explain(wrong)": (r, wrong) => r.explain(wrong),
  "profile.adjust(wrong, x)": (r, wrong) => r.profile.adjust(wrong, 1),
  "profile.adjust(category, wrong)": (r, wrong) => r.profile.adjust("c1", wrong),
  "profile.import(wrong)": (r, wrong) => r.profile.import(wrong),
  "setConsent(wrong)": (r, wrong) => r.setConsent(wrong),
  "on(wrong, listener)": (r, wrong) => r.on(wrong, () => {})(),
  "on(kind, wrong)": (r, wrong) => {
    if (typeof wrong !== "function") r.on("error", wrong);
  },
};

/** Calls everything with everything. @returns what threw or rejected */
async function abuse(recommender: Recommender): Promise<string[]> {
  const broken: string[] = [];
  const waiting: Promise<unknown>[] = [];
  for (const [name, call] of Object.entries(CALLS)) {
    for (const [what, wrong] of garbage()) {
      const failed = (error: unknown) => broken.push(`${name}, ${what}: ${String(error)}`);
      try {
        const answer = call(recommender, wrong as never);
        if (answer instanceof Promise) waiting.push(answer.catch(failed));
      } catch (error) {
        failed(error);
      }
    }
  }
  await Promise.all(waiting);
  return broken;
}

/** Whether it works as if nothing had been. */
async function works(recommender: Recommender): Promise<void> {
  const feed = recommender.feed({ surface: "home" });
  const { entries } = await shown(feed, ({ status }) => status === "ready");
  const before = await recommender.profile.get();
  recommender.track("like", entries[0]!);
  await shown(feed, ({ pinned }) => pinned === 1);
  expect((await recommender.profile.get()).events).toBe(before.events + 1);
  expect(recommender.consent).toBe("local");
}

test(
  "before and during the start nothing throws or rejects, whatever is handed over, and everything works after it",
  { timeout: LIMIT_MS },
  async () => {
    const { recommender } = openWatched(testEdge(release), { consent: "local" });
    expect(await abuse(recommender)).toEqual([]);
    await works(recommender);
  },
);

test("nor while it runs, nor during an erasure, nor after it", { timeout: LIMIT_MS }, async () => {
  const { recommender, errors } = openWatched(testEdge(release), { consent: "local" });
  await works(recommender);
  expect(await abuse(recommender)).toEqual([]);
  expect(errors.length).toBeGreaterThan(0);
  const erasures = [recommender.erase(), recommender.erase()];
  expect(await abuse(recommender)).toEqual([]);
  expect(await Promise.all(erasures)).toMatchObject([{ local: "erased" }, { local: "erased" }]);
  expect(await abuse(recommender)).toEqual([]);
  await works(recommender);
});

test("nor while it closes, nor once it is closed", { timeout: LIMIT_MS }, async () => {
  const { recommender } = openWatched(testEdge(release), { consent: "local" });
  await works(recommender);
  const closing = [recommender.close(), recommender.close()];
  expect(await abuse(recommender)).toEqual([]);
  await Promise.all(closing);
  expect(await abuse(recommender)).toEqual([]);
  await recommender.close();
  await recommender[Symbol.asyncDispose]();
});

test("nor where the engine runs on the page's thread", { timeout: LIMIT_MS }, async () => {
  const { recommender } = openWatched(testEdge(release), {
    consent: "local",
    worker: boom,
  });
  await works(recommender);
  expect(await abuse(recommender)).toEqual([]);
  await works(recommender);
});
