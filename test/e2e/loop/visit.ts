/**
 * What runs inside the page of the loop's people. Each function is sent there as text, so that it sees nothing of this file
 * but types. Several people browse one page, each with a recommender, a web worker and a database of their own.
 */
import type { Recommender } from "../../../client-sdk/index.ts";
import type { Person } from "./people.ts";

export interface Visit {
  readonly people: readonly Person[];
  /** Films of the feed that each looks at, one after the other. */
  readonly cards: number;
  /** Films that each finds in other ways, a search or a friend, and likes: no list of ours had a say in them. */
  readonly finds: number;
  /** When it begins, epoch ms, and how long each step takes. Everybody's clock runs beside the others'. */
  readonly startMs: number;
  readonly stepMs: number;
  /** Draws another visit of the same people. */
  readonly number: number;
}

/** Comes, browses, and goes when all is uploaded. @returns how many events were sent */
export async function visit({ people, cards, finds, startMs, stepMs, number }: Visit): Promise<number> {
  const { createRecommender } = globalThis as unknown as typeof import("../../../client-sdk/index.ts");
  const sent = await Promise.all(people.map(live));
  return sent.reduce((sum, each) => sum + each, 0);

  async function live(person: Person, place: number): Promise<number> {
    let state = (person.seed + number) >>> 0;
    // Mulberry32, because nothing of the test's own modules is here.
    const random = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    const wanted = new Set(person.wanted);
    // Nobody does anything in the very millisecond of another.
    let clock = startMs + place;
    let [tracked, uploaded] = [0, 0];
    const recommender = createRecommender({
      endpoint: location.origin,
      publicKey: "dev",
      namespace: person.name,
      consent: "full",
      now: () => clock,
      random,
    });
    recommender.on("sent", ({ events }) => (uploaded += events));
    await recommender.sync();
    const known = await recommender.profile.export();
    const met = new Set(known!.events.map(({ event }) => event.item));
    const feed = recommender.feed({ surface: "home" });
    await until(() => feed.getSnapshot().floor === "linear");
    /** Does something and waits for what the feed makes of it. */
    const act = async (doIt: () => string) => {
      tracked++;
      const heard = new Set<string>();
      const end = recommender.on("reaction", ({ event }) => heard.add(event));
      const id = doIt();
      await until(() => heard.has(id));
      end();
      clock += stepMs;
    };
    for (let i = 0; i < cards || i < finds; i++) {
      const { entries, pinned } = feed.getSnapshot();
      const entry = i < cards ? entries[pinned] : undefined;
      if (entry) {
        met.add(entry.id);
        recommender.track("impression", entry);
        tracked++;
        await act(() => recommender.track(wanted.has(entry.id) ? "like" : "skip", entry));
      }
      const open = person.wanted.filter((id) => !met.has(id));
      // What comes first is found by most: the square of a uniform number leans towards it.
      const found = i < finds ? open[Math.floor(random() ** 2 * open.length)] : undefined;
      if (found === undefined) continue;
      met.add(found);
      await act(() => recommender.track("like", found));
    }
    await until(() => uploaded >= tracked);
    // What has left is out of the store once the edge has answered for it.
    while ((await waiting(person.name)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    feed[Symbol.dispose]();
    await recommender.close();
    return tracked;
  }

  /** Events of the person's outbox, read past the SDK. */
  function waiting(name: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(`nearfeed:${name}`);
      opening.addEventListener("error", () => reject(opening.error ?? new Error("not opened")));
      opening.addEventListener("success", () => {
        const count = opening.result.transaction("outbox").objectStore("outbox").count();
        count.addEventListener("success", () => {
          opening.result.close();
          resolve(count.result);
        });
      });
    });
  }

  async function until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`never true: ${condition}`);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  }
}

interface OnlookerPage {
  recommender: Recommender;
  releases: string[];
}

/** Somebody who looks at the feed all along, and asks for nothing. */
export async function look(): Promise<void> {
  const { createRecommender } = globalThis as unknown as typeof import("../../../client-sdk/index.ts");
  const recommender = createRecommender({
    endpoint: location.origin,
    publicKey: "dev",
    namespace: "onlooker",
    consent: "full",
  });
  const releases: string[] = [];
  recommender.on("release", ({ release }) => releases.push(release));
  recommender.feed({ surface: "home" });
  Object.assign(globalThis, { recommender, releases } satisfies OnlookerPage);
}

/** Releases that were taken into use since, in their order. */
export const taken = () => (globalThis as unknown as OnlookerPage).releases;
