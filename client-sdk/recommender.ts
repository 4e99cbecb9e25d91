/**
 * The facade on the page's thread: ids, lists, feeds and subscribers. Everything that takes time happens in the engine
 * behind `engine-link.ts`; nothing here throws into the host page but `createRecommender` itself.
 */
import { createUlid } from "../shared/ulid.ts";
import { NearfeedError } from "../shared/errors.ts";
import type { Item } from "../shared/item.ts";
import { createEngineLink } from "./engine-link.ts";
import { inTime } from "./in-time.ts";
import { createList, createLists } from "./lists.ts";
import { createLiveFeed } from "./live-feed.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { FeedChange, FeedUpdate, PageHooks, PageMoment, TrackedEvent } from "./messages.ts";
import { createNotices } from "./notices.ts";
import { cappedConsent, checkConsent, checkOptions } from "./options.ts";
import { createOutgoing } from "./outgoing.ts";
import { pageFetch } from "./page-fetch.ts";
import { asNearfeedError, reviveError } from "./plain-error.ts";
import { createReactions } from "./reactions.ts";
import type { Entry, Feed, List, Options, Query, Recommender } from "./types.ts";

/** Entries of a list where the query names no count. */
const DEFAULT_COUNT = 20;
/** More would make every update of the page slow, whatever the ranking costs. */
const MAX_COUNT = 200;
/** The engine writes what is unwritten before it closes, and gives up on its own before this; a hung worker never would. */
const CLOSE_LIMIT_MS = 5_000;
/** Of events that name no list. */
const NO_LIST = { surface: "none", release: null };

/**
 * Makes a recommender. Starts no I/O: the worker starts with the first call that needs it.
 *
 * @throws NearfeedError `bad_option`; nothing else of the SDK throws
 */
export function createRecommender<T extends object = Item>(options: Options): Recommender<T> {
  const init = checkOptions(options);
  const now = () => Math.floor((options.now ?? Date.now)());
  const nextId = createUlid(now, options.random ?? Math.random);
  const notices = createNotices();
  const lists = createLists(nextId);
  const feeds = new Map<number, LiveFeed<T>>();
  const reactions = createReactions((notice) => notices.emit("reaction", notice));
  const outgoing = createOutgoing((events, changes, seq) => {
    const batch = { seq, events, changes, utcOffsetMinutes: moment().utcOffsetMinutes };
    for (const change of changes) feeds.get(change.feed)?.sent(seq);
    link.call((engine) => engine.track(batch)).catch(report);
  });
  const page: PageHooks = {
    feed: (update) => apply(update),
    release: (notice) => notices.emit("release", notice),
    error: (error) => notices.emit("error", reviveError(error)),
    erased: () => startOver(),
    fetch: pageFetch(options.fetch),
  };
  const link = createEngineLink(init, page, options.worker);
  let { consent } = init;
  let feedCount = 0;
  let unwatch: (() => void) | undefined;

  function moment(): PageMoment {
    const ms = now();
    return { now: ms, utcOffsetMinutes: -new Date(ms).getTimezoneOffset() };
  }

  /** Everything the page did so far reaches the engine before the call. */
  async function call<R>(use: Parameters<typeof link.call<R>>[0]): Promise<R> {
    unwatch ??= watchVisibility((visible) => void link.call((engine) => engine.visible(visible)).catch(report));
    outgoing.flush();
    return link.call(use);
  }

  function report(error: unknown): void {
    notices.emit("error", asNearfeedError(error, "worker"));
  }

  function apply(update: FeedUpdate): void {
    const live = feeds.get(update.feed);
    if (!live?.apply(update)) return;
    const shownAt = performance.now();
    live.notify();
    reactions.shown(update, shownAt);
  }

  function startOver(): void {
    lists.clear();
    reactions.clear();
    for (const live of feeds.values()) live.reset();
  }

  function send(tracked: TrackedEvent, id: string, startedAt: number, changes: readonly FeedChange[]): void {
    reactions.started(id, startedAt, outgoing.add(tracked, changes));
  }

  function feed(asked: Query): Feed<T> {
    const id = feedCount++;
    const query = { ...asked, count: countOf(asked?.count) };
    const { count } = query;
    const live = createLiveFeed<T>(id, query, count, lists);
    const fail = (error: unknown) => {
      live.fail(asNearfeedError(error, "worker"));
      live.notify();
    };
    feeds.set(id, live);
    call((engine) => engine.openFeed(id, query, moment())).catch(fail);
    return {
      getSnapshot: live.getSnapshot,
      subscribe: live.subscribe,
      async more(by) {
        const seq = outgoing.add(undefined, [live.lengthen(by === undefined ? count : countOf(by))]);
        await new Promise<void>((resolve) => {
          void live.shown(seq).then(resolve);
          // Without an engine no update comes; the page is told so and does not wait.
          call((engine) => engine.ping()).catch((error: unknown) => {
            report(error);
            resolve();
          });
        });
      },
      [Symbol.dispose]() {
        feeds.delete(id);
        live.end();
        call((engine) => engine.closeFeed(id)).catch(() => {});
      },
    };
  }

  async function recommend(asked: Query, how?: { signal?: AbortSignal }): Promise<List<T>> {
    try {
      const query = { ...asked, count: countOf(asked?.count) };
      const signal = how?.signal;
      const ask = call((engine) => engine.recommend(query, moment()));
      const ranked = await (signal ? Promise.race([ask, aborted(signal)]) : ask);
      return createList<T>(lists, query.surface, ranked, query.count);
    } catch (error) {
      const failure = asNearfeedError(error, "worker");
      return { id: nextId(), entries: [], status: "failed", floor: "start", offline: false, error: failure };
    }
  }

  const recommender: Recommender<T> = {
    get consent() {
      return consent;
    },
    profile: {
      async get() {
        const empty = { events: 0, positives: 0, categories: [], recent: [] };
        return call((engine) => engine.profile(now())).catch((error: unknown) => (report(error), empty));
      },
    },
    recommend,
    feed,
    track(type, on, ...[details]) {
      const startedAt = performance.now();
      const id = nextId();
      try {
        const entry = typeof on === "object" && on !== null ? (on as Entry<T>) : undefined;
        const event = {
          ...plainDetails(details),
          type: plain(type),
          id,
          item: plain(entry ? entry.id : on),
          at: now(),
          ...(entry && { list: plain(entry.list), position: plain(entry.position) }),
          ...(type === "impression" && Array.isArray(entry?.sources) && { sources: entry.sources.map(plain) }),
        };
        const origin = (entry && lists.origin(entry.list)) ?? NO_LIST;
        lists.tracked(id, origin);
        const changes = entry ? [...feeds.values()].flatMap((each) => each.pin(entry, id) ?? []) : [];
        send({ event, ...origin }, id, startedAt, changes);
      } catch (error) {
        report(asNearfeedError(error, "bad_option"));
      }
      return id;
    },
    undo(eventId) {
      const startedAt = performance.now();
      const id = nextId();
      const event = { type: "undo", id, event: plain(eventId), at: now() };
      const changes = [...feeds.values()].flatMap((each) => each.unpin(eventId) ?? []);
      send({ event, ...(lists.originOfEvent(eventId) ?? NO_LIST) }, id, startedAt, changes);
    },
    async explain(entry) {
      try {
        const { id, list } = entry;
        const trace = lists.trace(list, id);
        if (!trace) return undefined;
        const explained = await call((engine) => engine.explain(id, trace)).catch(report);
        return explained ?? undefined;
      } catch (error) {
        report(asNearfeedError(error, "bad_option"));
        return undefined;
      }
    },
    async setConsent(wanted) {
      try {
        checkConsent(wanted, init.publicKey !== null);
      } catch (error) {
        return report(error);
      }
      consent = cappedConsent(wanted);
      await call((engine) => engine.setConsent(consent)).catch(report);
    },
    on: notices.on,
    async sync() {
      try {
        const { error, ...answer } = await call((engine) => engine.sync());
        return { ...answer, ...(error && { error: reviveError(error) }) };
      } catch (error) {
        return { status: "offline", release: null, error: asNearfeedError(error, "worker") };
      }
    },
    async erase() {
      const seq = outgoing.drop();
      startOver();
      for (const live of feeds.values()) live.sent(seq);
      return call((engine) => engine.erase(seq)).catch((error: unknown) => (report(error), { local: "failed" }));
    },
    async close() {
      await inTime(
        call((engine) => engine.close()),
        CLOSE_LIMIT_MS,
      ).catch(() => {});
      unwatch?.();
      link.close();
      for (const live of feeds.values()) live.end();
    },
    [Symbol.asyncDispose]: () => recommender.close(),
  };
  return recommender;
}

function countOf(count: number | undefined): number {
  return typeof count === "number" && count >= 1 ? Math.min(Math.floor(count), MAX_COUNT) : DEFAULT_COUNT;
}

/** Only what can be cloned; the engine says what is wrong with it. */
function plainDetails(details: object | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details ?? {}).filter(([, value]) => plain(value) !== undefined));
}

/** The value where it is a number, a string or a boolean: anything else cannot be meant, and may not be cloneable. */
function plain(value: unknown): unknown {
  return ["number", "string", "boolean"].includes(typeof value) ? value : undefined;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () => reject(new NearfeedError("aborted", "The caller's AbortSignal fired."));
    if (signal.aborted) refuse();
    signal.addEventListener("abort", refuse, { once: true });
  });
}

/** @returns ends the watch */
function watchVisibility(report: (visible: boolean) => void): () => void {
  if (typeof document === "undefined") return () => {};
  const changed = () => report(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
