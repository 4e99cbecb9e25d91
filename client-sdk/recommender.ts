/**
 * The facade on the page's thread: ids, lists, feeds and subscribers. Everything that takes time happens in the engine
 * behind `engine-link.ts`; nothing here throws into the host page but `createRecommender` itself.
 */
import { createUlid } from "../shared/ulid.ts";
import { NearfeedError } from "../shared/errors.ts";
import type { EventType } from "../shared/event.ts";
import type { Item } from "../shared/item.ts";
import { clockOf, randomOf } from "./app-sources.ts";
import { copyOfIds, counted } from "./count.ts";
import { createEngineLink } from "./engine-link.ts";
import { inTime } from "./in-time.ts";
import { createList, createLists, failedList } from "./lists.ts";
import type { FeedChange, PageHooks, Ranked, TrackedEvent } from "./messages.ts";
import { createNotices } from "./notices.ts";
import { createObserver } from "./observe/observer.ts";
import { cappedConsent, checkConsent, checkOptions, readOptions } from "./options.ts";
import { createOutgoing } from "./outgoing.ts";
import { pageFetch } from "./page-fetch.ts";
import { createPageFeeds } from "./page-feeds.ts";
import { pageMoment, watchLeaving, watchVisibility } from "./page-moment.ts";
import { asNearfeedError, reviveError } from "./plain-error.ts";
import { createReactions } from "./reactions.ts";
import { entryOf, trackedEvent, undoEvent } from "./tracked-event.ts";
import type { Consent, Explanation, List, ListOptions, Options, Query, Recommender } from "./types.ts";
import { createUnheard } from "./unheard.ts";
import { createUnsent } from "./unsent.ts";

/** The engine writes what is unwritten before it closes, and gives up on its own before this; a hung worker never would. */
const CLOSE_LIMIT_MS = 5_000;
/** Of events that name no list. */
const NO_LIST = { surface: "none", release: null };
/** Of a list of similar items that names no surface. */
const SIMILAR_SURFACE = "similar";

/**
 * Makes a recommender. Starts no I/O: the worker starts with the first call that needs it.
 *
 * @throws NearfeedError `bad_option`; nothing else of the SDK throws
 */
export function createRecommender<T extends object = Item>(given: Options): Recommender<T> {
  const options = readOptions(given);
  const init = checkOptions(options);
  const now = clockOf(options.now);
  const nextId = createUlid(now, randomOf(options.random));
  const moment = () => pageMoment(now(), nextId());
  const notices = createNotices();
  const lists = createLists(nextId);
  const reactions = createReactions((notice) => notices.emit("reaction", notice));
  const outgoing = createOutgoing((events, changes, seq) => {
    const batch = { seq, events, changes, utcOffsetMinutes: moment().utcOffsetMinutes };
    for (const change of changes) feeds.sent(change.feed, seq);
    unheard.tell((engine) => engine.track(batch)).catch(report);
  });
  const page: PageHooks = {
    feed(update) {
      if (!feeds.apply(update)) return;
      const shownAt = performance.now();
      feeds.notify(update.feed);
      reactions.shown(update, shownAt);
    },
    release(notice) {
      unsent.release(notice.release);
      notices.emit("release", notice);
    },
    error: (error) => notices.emit("error", reviveError(error)),
    erased() {
      startOver();
      feeds.reset();
    },
    lowered,
    sender: (sender) => unsent.sender(sender),
    settled: (ids) => unsent.drop(ids),
    sent: (notice) => notices.emit("sent", notice),
    fetch: pageFetch(options.fetch),
  };
  const link = createEngineLink({
    init: () => ({ ...init, consent: unheard.least(init.consent) }),
    page,
    start: options.worker,
    onLate(engine) {
      unheard.replay(engine);
      feeds.openIn(engine);
    },
  });
  const unheard = createUnheard(call, report);
  const feeds = createPageFeeds<T>({ lists, outgoing, call, moment, report });
  const unsent = createUnsent({
    allowed: () => cappedConsent(consent) === "full",
    utcOffsetMinutes: () => moment().utcOffsetMinutes,
    sent: page.sent,
  });
  let { consent } = init;
  let unwatch: (() => void)[] | undefined;

  /** Everything the page did so far reaches the engine before the call. */
  async function call<R>(use: Parameters<typeof link.call<R>>[0]): Promise<R> {
    unwatch ??= [
      watchVisibility(seen),
      // A beacon cannot go through the app's own fetch.
      ...(init.pageFetch ? [] : [watchLeaving(() => unsent.flush())]),
    ];
    outgoing.flush();
    return link.call(use);
  }

  function seen(visible: boolean): void {
    // Turned on while the page was open: it holds from now on.
    if (visible && cappedConsent(consent) !== consent) {
      void recommender.setConsent(consent);
      lowered(consent);
    }
    link.call((engine) => engine.visible(visible)).catch(report);
  }

  function lowered(to: Consent): void {
    consent = to;
    if (to !== "full") unsent.sender(null);
    notices.emit("consent", { consent });
  }

  function report(error: unknown): void {
    notices.emit("error", asNearfeedError(error, "worker"));
  }

  /** What listeners of the notice do is dropped with the rest. @returns a number higher than any batch so far */
  function startOver(): number {
    notices.emit("erased", {});
    const seq = outgoing.drop();
    unheard.forget();
    lists.clear();
    reactions.clear();
    unsent.sender(null);
    observer.reset();
    return seq;
  }

  function send(tracked: TrackedEvent, id: string, startedAt: number, changes: readonly FeedChange[]): void {
    // `trackedEvent` and `undoEvent` have checked it.
    const type = tracked.event["type"] as EventType;
    const seq = outgoing.add(tracked, changes);
    if (feeds.isOpen) reactions.started({ event: id, type }, startedAt, seq);
    unsent.add(tracked);
  }

  /** A list of what the engine ranks; always resolves. */
  async function list(
    asked: () => Query,
    rank: (query: Query & { readonly count: number }) => Promise<Ranked>,
    how?: ListOptions,
  ): Promise<List<T>> {
    try {
      const query = counted(asked());
      // Read first: nobody would wait for what is asked before this throws.
      const signal = how?.signal;
      const ranked = await unlessAborted(rank(query), signal);
      return createList<T>(lists, query.surface, ranked, query.count);
    } catch (error) {
      return failedList(nextId(), asNearfeedError(error, "worker"));
    }
  }

  const observer = createObserver<T>({
    track: (type, entry, details) => recommender.track(type, entry, details as never),
    undo: (event) => recommender.undo(event),
    hold: (entry, card) => outgoing.later(feeds.pin(entry, card)),
    release: (card) => outgoing.later(feeds.unpin(card)),
    report,
    now: () => performance.now(),
  });

  const recommender: Recommender<T> = {
    get consent() {
      return consent;
    },
    profile: {
      async get() {
        const empty = { events: 0, positives: 0, categories: [], recent: [], adjustments: {} };
        return call((engine) => engine.profile(now())).catch((error: unknown) => (report(error), empty));
      },
      adjust(category, x) {
        unheard.tell((engine) => engine.adjust(category, x)).catch(report);
      },
      async export() {
        const exported = await call((engine) => engine.exportProfile(now())).catch(report);
        return exported ?? undefined;
      },
      async import(data) {
        try {
          const { error, ...answer } = await call((engine) => engine.importProfile(data));
          return { ...answer, ...(error && { error: reviveError(error) }) };
        } catch (error) {
          return { status: "refused", events: 0, error: refusedImport(asNearfeedError(error, "worker")) };
        }
      },
    },
    recommend: (asked, how) =>
      list(
        () => asked,
        (query) => call((engine) => engine.recommend(query, moment())),
        how,
      ),
    rank: (ids, asked, how) =>
      list(
        () => ({ ...asked, count: asked?.count ?? ids?.length }),
        (query) => call((engine) => engine.rank(copyOfIds(ids), query, moment())),
        how,
      ),
    similar: (id, asked, how) =>
      list(
        () => ({ ...asked, surface: asked?.surface ?? SIMILAR_SURFACE }),
        (query) => call((engine) => engine.similar(id, query, moment())),
        how,
      ),
    feed: feeds.open,
    track(type, on, ...[details]) {
      const startedAt = performance.now();
      const stamp = { id: nextId(), at: now() };
      try {
        const entry = entryOf(on);
        const event = trackedEvent(type, on, details, stamp, entry && lists.trace(entry));
        const origin = (entry && lists.origin(entry.list)) ?? NO_LIST;
        lists.tracked(stamp.id, origin);
        send({ event, ...origin }, stamp.id, startedAt, entry ? feeds.pin(entry, stamp.id) : []);
      } catch (error) {
        report(asNearfeedError(error, "bad_option"));
      }
      return stamp.id;
    },
    undo(eventId) {
      const startedAt = performance.now();
      const stamp = { id: nextId(), at: now() };
      const tracked = { event: undoEvent(eventId, stamp), ...(lists.originOfEvent(eventId) ?? NO_LIST) };
      send(tracked, stamp.id, startedAt, feeds.unpin(eventId));
    },
    observe: observer.observe,
    async explain(entry) {
      try {
        const { id } = entry;
        const trace = lists.trace(entry);
        if (!trace) return undefined;
        const explained = await call((engine) => engine.explain(id, trace)).catch(report);
        // The catalogue holds what the app put there; T is the app's word for it.
        return (explained as Explanation<T> | null | undefined) ?? undefined;
      } catch (error) {
        report(asNearfeedError(error, "bad_option"));
        return undefined;
      }
    },
    async inspect() {
      const inspection = await call((engine) => engine.inspect(now())).catch(report);
      return inspection ?? undefined;
    },
    async setConsent(wanted) {
      try {
        checkConsent(wanted, init.publicKey !== null);
      } catch (error) {
        return report(error);
      }
      const level = (consent = cappedConsent(wanted));
      if (level !== "full") unsent.sender(null);
      await unheard.tellConsent(level, (engine) => engine.setConsent(level)).catch(report);
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
      const seq = startOver();
      feeds.reset(seq);
      const failed = { local: "failed", remote: "pending" } as const;
      return unheard.tell((engine) => engine.erase(seq)).catch((error: unknown) => (report(error), failed));
    },
    async close() {
      observer.close();
      outgoing.flush();
      // Where there is no engine, none is started to be ended.
      const ended = link.started ? call((engine) => engine.close()) : Promise.resolve();
      await inTime(ended, CLOSE_LIMIT_MS).catch(() => {});
      for (const end of unwatch ?? []) end();
      link.close();
      feeds.end();
    },
    [Symbol.asyncDispose]: () => recommender.close(),
  };
  return recommender;
}

/** An import that could not even be cloned into the worker holds functions or the like. */
function refusedImport(error: NearfeedError): NearfeedError {
  if (!(error.cause instanceof DOMException)) return error;
  return new NearfeedError("bad_value", `The data must be plain JSON: ${error.cause.message}`, { cause: error.cause });
}

/** Lets go of the signal afterwards: an app may use one for as long as its page lives. */
function unlessAborted<R>(work: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new NearfeedError("aborted", "The caller's AbortSignal fired."));
    const over = new AbortController();
    void work.then(resolve, reject).then(() => over.abort());
    if (signal.aborted) refuse();
    signal.addEventListener("abort", refuse, { once: true, signal: over.signal });
  });
}
