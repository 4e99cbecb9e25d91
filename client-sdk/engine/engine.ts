/**
 * The engine: everything behind the facade, in the web worker. It ties the log, the release in use, the store and the
 * network together; each of them lives in a file of its own.
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { EngineApi, EngineInit, PageHooks, PlainError, Ranked } from "../messages.ts";
import { asNearfeedError, plainError } from "../plain-error.ts";
import { createStore } from "../storage/store.ts";
import type { StoredEvent } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import type { Floor } from "../types.ts";
import { createSend } from "../sync/http.ts";
import { createPoll } from "../sync/poll.ts";
import { createReleases } from "../sync/releases.ts";
import type { Mode } from "../sync/releases.ts";
import { createUploads } from "../sync/uploads.ts";
import { createDeepFloor } from "./deep-floor.ts";
import { createEdgePool } from "./edge-pool.ts";
import { createEventLog } from "./event-log.ts";
import { explainEntry } from "./explain-entry.ts";
import { createFeeds } from "./feeds.ts";
import type { Held } from "./held.ts";
import { makeList } from "./make-list.ts";
import type { ListRequest } from "./make-list.ts";
import { summarize } from "./profile-summary.ts";
import { checkQuery } from "./query.ts";
import { createRecorder } from "./recorder.ts";

export function createEngine(init: EngineInit, page: PageHooks): Omit<EngineApi, "open"> {
  const place = { ...(init.language && { language: init.language }), ...(init.region && { region: init.region }) };
  const log = createEventLog();
  const disk = createStore(init.namespace, { onError: report, onErased: erasedElsewhere });
  const send = createSend(init.pageFetch ? page : undefined);
  let { consent } = init;
  let held: Held | undefined;
  let edition = 0;
  /** The last batch of the page. */
  let seq = 0;
  let erasures = 0;
  /** Why a feed could not be opened. */
  const refusedFeeds = new Map<number, PlainError>();
  /** Why there is no release. */
  let failure: PlainError | undefined;
  let hasRelease: () => void;
  let holding: Promise<void> = Promise.resolve();
  const firstRelease = new Promise<void>((resolve) => (hasRelease = resolve));

  const feeds = createFeeds(async (feed) => {
    const upTo = seq;
    const count = Math.max(feed.query.count, feed.length - feed.pinned.length);
    const ranked = await ranking({ ...feed, count, place });
    page.feed({ ...ranked, feed: feed.id, seq: upTo });
  });
  const releases = createReleases({ ...init, send, mode, store, held: () => held, hold });
  const deep = createDeepFloor({ urls: init, held: () => held, files: () => releases.files, hold, report });
  const edgePool = createEdgePool({ ...init, send, place, log, held: () => held, hold, report });
  const uploads = createUploads({ ...init, send, store, report, allowed: () => consent === "full" });
  const record = createRecorder({
    log,
    held: () => held,
    store,
    mayUpload: () => consent === "full",
    uploads,
    persistRelease: () => releases.persist(),
    report,
  });
  const poll = createPoll(() => sync({ isPoll: true }));
  const restored = restore();
  /** Resolves when a first list can be made, or when it is known that none can. */
  const ready = Promise.race([firstRelease, start()]);

  function report(error: unknown): void {
    page.error(plainError(error, "worker"));
  }

  function mode(): Mode {
    if (consent === "denied") return "pool";
    return consent === "full" && init.retrieval === "edge" ? "edge" : "device";
  }

  function store(): Store | undefined {
    return consent === "denied" ? undefined : disk;
  }

  /** @returns whether a release was stored */
  async function restore(): Promise<boolean> {
    // Events first: the first list must not be that of a stranger.
    await loadEvents(async () => (await store()?.events()) ?? []);
    return releases.restore();
  }

  /** What was read before an erasure must not come back after it. @returns how many events were read, to be kept */
  async function loadEvents(read: () => Promise<StoredEvent[]>): Promise<number> {
    const before = erasures;
    const events = await read();
    if (erasures !== before) return 0;
    log.load(events);
    return events.length;
  }

  async function start(): Promise<void> {
    const found = await restored;
    const synced = sync();
    if (!found) await synced;
    if (consent === "full") await uploads.load();
    poll.start();
  }

  async function sync(kind = { isPoll: false }) {
    const { offline } = releases;
    const answer = await releases.sync(kind);
    if (answer.error && answer.error.code !== failure?.code) page.error(answer.error);
    failure = answer.error;
    const isKnown = (id: string) => log.get(id) !== undefined;
    const elsewhere = await loadEvents(async () => (await store()?.eventsBeyond(isKnown)) ?? []);
    if (elsewhere > 0 || releases.offline !== offline) feeds.renew();
    return answer;
  }

  /** One after the other: what the first takes into use, the next one starts from. */
  function hold(next: (current: Held | undefined) => Held | undefined): Promise<void> {
    const taken = holding.then(() => take(next(held)));
    holding = taken.catch(() => {});
    return taken;
  }

  async function take(next: Held | undefined): Promise<void> {
    if (!next) return;
    const previous = held;
    held = { ...next, deep: mode() === "pool" ? undefined : (next.deep ?? (await deep.prepare(next))) };
    deep.settle();
    if (previous?.items !== next.items || previous.model !== next.model) {
      edition++;
      const changed = log.use(held);
      if (changed.length > 0) void store()?.putEvents(changed);
    }
    hasRelease();
    const floor = floorOf(held);
    if (previous?.release.id !== next.release.id || floorOf(previous) !== floor) {
      page.release({ release: next.release.id, previous: previous?.release.id ?? null, floor });
    }
    feeds.renew();
  }

  async function ranking(request: ListRequest): Promise<Ranked> {
    await ready;
    if (!held) await sync();
    if (!held) {
      const none = new NearfeedError("no_release", "No release is installed yet and none could be fetched.");
      return nothing(failure ?? plainError(none, "no_release"));
    }
    const current = held;
    const made = { edition, offline: releases.offline };
    try {
      const ranked = { ...(await makeList(current, log, request)), ...made };
      const ids = ranked.entries.map(({ id }) => id);
      log.delivered(current, ids);
      if (mode() !== "pool") deep.wanted();
      if (mode() === "edge") edgePool.wanted();
      return ranked;
    } catch (error) {
      if (!current.deep) return nothing(plainError(error, "worker"));
      // Another model runs by now: the one that failed was let go, and is not to blame.
      if (held.deep !== current.deep) return ranking(request);
      // A model that fails in the middle costs the deep floor, not the list.
      const { message } = asNearfeedError(error, "model");
      report(new NearfeedError("model", `The deep ranker failed: ${message}`, { cause: error }));
      deep.giveUp(current);
      held = { ...held, deep: undefined };
      return ranking(request);
    }
  }

  function nothing(error: PlainError): Ranked {
    const list = {
      entries: [],
      floor: "start",
      release: "",
      ranked: 0,
      events: 0,
      now: 0,
      personalized: true,
    } as const;
    return { ...list, edition, offline: releases.offline, error };
  }

  /** Resolves when no list can be made any more from what was found for the profile. */
  function forget(): Promise<void> {
    erasures++;
    log.clear();
    uploads.forget();
    feeds.reset();
    return edgePool.forget();
  }

  function erasedElsewhere(): void {
    forget().catch(report);
    page.erased();
    feeds.renew();
  }

  return {
    ping() {},
    async recommend(query, moment) {
      try {
        const checked = checkQuery(query);
        return await ranking({ query: checked, moment, count: checked.count, pinned: [], place });
      } catch (error) {
        return nothing(plainError(error, "bad_option"));
      }
    },
    openFeed(feed, query, moment) {
      try {
        feeds.open(feed, checkQuery(query), moment);
      } catch (error) {
        const refusal = plainError(error, "bad_option");
        refusedFeeds.set(feed, refusal);
        page.feed({ ...nothing(refusal), feed, seq });
      }
    },
    closeFeed(feed) {
      feeds.close(feed);
      refusedFeeds.delete(feed);
    },
    track(batch) {
      seq = batch.seq;
      for (const change of batch.changes) {
        const refusal = feeds.change(change) ? undefined : refusedFeeds.get(change.feed);
        // No ranking will answer this change; the page must not wait for one.
        if (refusal) page.feed({ ...nothing(refusal), feed: change.feed, seq });
      }
      record(batch.events, batch.utcOffsetMinutes);
      feeds.renew();
    },
    explain: async (item, trace) => (held ? explainEntry(held, edition, log, item, trace) : null),
    async profile(now) {
      await ready;
      return summarize(held, log, now);
    },
    async setConsent(next) {
      const before = consent;
      consent = next;
      if (next !== "full") uploads.forget();
      await restored;
      if (next === "denied") await disk.erase();
      else if (next === "local") await disk.dropUploads();
      if (next !== "denied" && before === "denied") {
        const erased = erasures;
        await loadEvents(async () => (await store()?.events()) ?? []);
        if (erasures === erased) await store()?.putEvents(log.events);
      }
      if (consent === "full") await uploads.load();
      if (next !== before) {
        void releases.resync();
        feeds.renew();
      }
    },
    async sync() {
      await restored;
      return sync();
    },
    async erase(last) {
      await restored;
      seq = last;
      const forgotten = forget();
      const erased = await disk.erase();
      await forgotten.catch(report);
      feeds.renew();
      return { local: erased ? "erased" : "failed" };
    },
    visible(visible) {
      poll.visible(visible);
      if (!visible) uploads.flush();
    },
    async close() {
      poll.stop();
      await disk.close();
    },
  };
}

function floorOf(held: Held | undefined): Floor {
  if (!held?.model) return "start";
  return held.deep ? "deep" : "linear";
}
