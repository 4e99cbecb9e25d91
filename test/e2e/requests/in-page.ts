/**
 * What runs inside the page of a session. Each function is sent there as text, so that none sees anything of this file but
 * types; what they share lies on `globalThis`.
 */
import type { Consent, Entry, Feed, Recommender, Retrieval } from "../../../client-sdk/index.ts";
import type { Random } from "../../../shared/runtime.ts";
import type { Step } from "./script.ts";
import type { Deed } from "./speaking.ts";

export interface PersonOptions {
  readonly consent: Consent;
  readonly retrieval: Retrieval;
  /** Which categories are liked: those with this word, or (`!word`) those without. */
  readonly taste: string;
  readonly seed: number;
  /** The person's clock when the session begins, epoch ms. */
  readonly startMs: number;
}

/** What the page keeps between calls. */
interface PersonPage {
  recommender: Recommender;
  feed: Feed;
  /** The person's clock, epoch ms. */
  clock: { now: number };
  /** What something was done with, and the ids of what was done. */
  met: Entry[];
  tracked: string[];
  seeded: (seed: number) => Random;
}

/** @param options `seed` of this page alone: ids of events are drawn from it */
export async function start({ consent, retrieval, seed, startMs }: PersonOptions): Promise<void> {
  const { createRecommender } = globalThis as unknown as typeof import("../../../client-sdk/index.ts");
  const { seeded } = globalThis as unknown as PersonPage;
  const clock = { now: startMs };
  const recommender = createRecommender({
    endpoint: location.origin,
    publicKey: "dev",
    namespace: "requests",
    consent,
    retrieval,
    now: () => clock.now,
    random: seeded(seed),
  });
  const feed = recommender.feed({ surface: "home" });
  Object.assign(globalThis, { recommender, feed, clock, met: [], tracked: [] } satisfies Omit<PersonPage, "seeded">);
  await recommender.sync();
}

/** @returns what was done with an item or taken back, if anything */
export async function perform(given: { step: Step; now: number; taste: string }): Promise<Deed | undefined> {
  const { recommender, feed, clock, met, tracked } = globalThis as unknown as PersonPage;
  const { step, now, taste } = given;
  const word = taste.replace("!", "");
  clock.now = now;
  const at = <T>(list: readonly T[], pick: number): T | undefined => list[Math.floor(pick * list.length)];
  const isLiked = ({ item }: Entry) =>
    (item as { categories: string[] }).categories.includes(word) !== taste.startsWith("!");
  const known = new Set(met.map(({ id }) => id));

  /** Near the top of the feed, else from a long list, else one that was met before. */
  async function find(fits: (entry: Entry) => boolean, pick: number): Promise<Entry | undefined> {
    const { entries, pinned } = feed.getSnapshot();
    const fresh = (entry: Entry) => !known.has(entry.id) && fits(entry);
    const near = entries.slice(pinned).filter(fresh).slice(0, 5);
    if (near.length > 0) return at(near, pick);
    const long = await recommender.recommend({ surface: "list", count: 200 });
    return at(long.entries.filter(fresh).slice(0, 5), pick) ?? at(met.filter(fits), pick);
  }

  /** Lets some cards scroll by, each for long enough to be noticed. */
  async function scrollBy(entries: readonly Entry[]): Promise<void> {
    const box = document.body.appendChild(document.createElement("div"));
    const ends = entries.map((entry) => {
      const card = box.appendChild(document.createElement("article"));
      card.style.height = "100vh";
      return recommender.observe(card, entry);
    });
    for (let i = 0; i <= entries.length; i++) {
      scrollTo(0, i * innerHeight);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    for (const end of ends) end();
    box.remove();
  }

  switch (step.kind) {
    case "act": {
      const { type, details, on, pick } = step;
      const entry =
        on === "met" ? at(met, pick) : await find(on === "liked" ? isLiked : (each) => !isLiked(each), pick);
      if (!entry) return undefined;
      const { id: item, list } = entry;
      if (!known.has(item)) met.push(entry);
      if (type !== "impression" && !known.has(item)) recommender.track("impression", entry);
      const id = recommender.track(type as "view", entry, details as { dwellMs: number });
      tracked.push(id);
      return { type, id, item, list, ...details };
    }
    case "undo": {
      const undone = at(tracked, step.pick);
      if (undone === undefined) return undefined;
      tracked.splice(tracked.indexOf(undone), 1);
      recommender.undo(undone);
      return { type: "undo", undone };
    }
    case "more":
      await feed.more(5);
      return undefined;
    case "filter": {
      const wanted = { any: [step.pick < 0.5 ? "Comedy" : "Horror"] };
      await recommender.recommend({ surface: "sidebar", filter: { categories: wanted } });
      return undefined;
    }
    case "rank": {
      const last = met.slice(-10).map(({ id }) => id);
      await recommender.rank(last, { surface: "check" });
      return undefined;
    }
    case "similar":
      if (met.length > 0) await recommender.similar(at(met, step.pick)!.id);
      return undefined;
    case "explain":
      if (met.length > 0) await recommender.explain(at(met, step.pick)!);
      return undefined;
    case "adjust":
      recommender.profile.adjust("Comedy", step.pick * 2 - 1);
      return undefined;
    case "export":
      await recommender.profile.import(await recommender.profile.export());
      return undefined;
    case "observe": {
      const { entries } = feed.getSnapshot();
      await scrollBy(entries.filter(({ id }) => !known.has(id)).slice(0, 3));
      return undefined;
    }
    case "sync":
      await recommender.sync();
      return undefined;
  }
}

/** Resolves when the engine has taken in all that was done, and has made a list of it. */
export async function takenIn(): Promise<void> {
  const { recommender } = globalThis as unknown as PersonPage;
  await recommender.profile.get();
  await recommender.recommend({ surface: "check" });
}

/** As a browser does when another window covers the page, and when it comes back. */
export function hideAndShow(): void {
  const tell = () => document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  tell();
  Reflect.deleteProperty(document, "visibilityState");
  tell();
}

export const exported = () => (globalThis as unknown as PersonPage).recommender.profile.export();
export const imported = (data: unknown) => (globalThis as unknown as PersonPage).recommender.profile.import(data);
export const synced = () => (globalThis as unknown as PersonPage).recommender.sync();
export const erased = () => (globalThis as unknown as PersonPage).recommender.erase();
