/**
 * The engine: everything behind the facade, in the web worker. It ties the log, the release in use, the store and the
 * network together; each of them lives in a file of its own.
 */
import type { EngineApi, EngineInit, PageHooks, PageMoment, PlainError, Ranked } from "../messages.ts";
import { plainError } from "../plain-error.ts";
import { createErasureStore } from "../storage/erasure-store.ts";
import { createStore } from "../storage/store.ts";
import { createErasures } from "../sync/erasures.ts";
import { createSend } from "../sync/http.ts";
import { createIdentity } from "../sync/identity.ts";
import { createPoll } from "../sync/poll.ts";
import { createReleases } from "../sync/releases.ts";
import type { Mode, SyncReason } from "../sync/releases.ts";
import { withNotices } from "../sync/sent-notices.ts";
import { createTrust } from "../sync/trust.ts";
import { createUploads, senderOf } from "../sync/uploads.ts";
import { createTabs } from "../tabs/tabs.ts";
import type { Consent } from "../types.ts";
import { changeConsent, isLower } from "./change-consent.ts";
import { createConsentLevel } from "./consent-level.ts";
import { createDeepFloor } from "./deep-floor.ts";
import { createEventLog } from "./event-log.ts";
import { explainEntry } from "./explain-entry.ts";
import { createFeeds } from "./feeds.ts";
import type { Held } from "./held.ts";
import { createHolder, floorOf } from "./holder.ts";
import { createLastLists } from "./last-lists.ts";
import { makeList } from "./make-list.ts";
import { createMemory } from "./memory.ts";
import { createNearPool } from "./near-pool.ts";
import { createProfileData } from "./profile-data.ts";
import { summarize } from "./profile-summary.ts";
import type { ListRequest } from "./make-list.ts";
import { checkId, checkIds, checkQuery } from "./query.ts";
import type { CheckedQuery } from "./query.ts";
import { rankGiven } from "./rank-given.ts";
import { createRankings } from "./ranking.ts";
import { createRecorder } from "./recorder.ts";
import { similarItems } from "./similar-items.ts";
import { createTabNews } from "./tab-news.ts";

/** What a list is asked for with; what the person has set by hand is read when it is made. */
type Wanted = Omit<ListRequest, "adjustments">;

export function createEngine(init: EngineInit, page: PageHooks): Omit<EngineApi, "open"> {
  const place = { ...(init.language && { language: init.language }), ...(init.region && { region: init.region }) };
  const disk = createStore(init.namespace, { onError: report, onErased: erasedElsewhere });
  const level = createConsentLevel(init, disk);
  const store = () => level.store;
  const send = withNotices(createSend(init.pageFetch ? page : undefined), (notice) => page.sent(notice));
  const log = createEventLog();
  const memory = createMemory(log, store);
  /** The last batch of the page. */
  let seq = 0;
  /** Why there is no release. */
  let failure: PlainError | undefined;
  /** Why a feed could not be opened. */
  const refusedFeeds = new Map<number, PlainError>();

  const holder = createHolder({ prepare: (next) => prepareDeep(next), taken });
  const held = () => holder.held;
  const { hold } = holder;
  const trust = createTrust({ ...init, store, now: Date.now });
  const releases = createReleases({ ...init, send, trust, mode: (release) => level.mode(release), store, held, hold });
  const deep = createDeepFloor({ urls: init, held, files: () => releases.files, hold, report });
  const nearPool = createNearPool({
    ...init,
    send,
    place,
    now: Date.now,
    log,
    mode: (release) => level.mode(release),
    files: () => releases.files,
    store,
    held,
    hold,
    report,
  });
  const identity = createIdentity({
    store,
    allowed: () => level.mayUpload,
    changed: (subject) => page.sender(subject === undefined ? null : senderOf(init, subject)),
  });
  const tabs = createTabs({
    ...init,
    hear: (news) => void hear(news).catch(report),
    changed: (leads) => leads && uploads.wake(),
  });
  const uploads = createUploads({
    ...init,
    send,
    store,
    identity,
    allowed: () => level.mayUpload && tabs.leads,
    random: Math.random,
    done(ids) {
      tabs.tell({ kind: "sent", ids });
      page.uploaded(ids);
    },
    report,
  });
  const erasures = createErasures({ ...init, send, store: createErasureStore(init.namespace), report });
  const record = createRecorder({
    log,
    held,
    store,
    mayUpload: () => level.mayUpload,
    stored(ids) {
      tabs.tell({ kind: "events", ids });
      identity.subject().catch(report);
    },
    uploads,
    persistRelease: () => releases.persist(),
    report,
  });
  const lastLists = createLastLists({
    log,
    store,
    basis: JSON.stringify([place, init.channel, init.verifyKey]),
    adjustments: () => memory.adjustments,
    make: async (query, moment) => (held() ? make(firstOf(query, moment)) : undefined),
    report,
  });
  const openFeeds = createFeeds(async (feed) => {
    const upTo = seq;
    const count = Math.max(feed.query.count, feed.length - feed.pinned.length);
    page.feed({ ...(await listOf({ ...feed, count, place })), feed: feed.id, seq: upTo });
  });
  const feeds = {
    ...openFeeds,
    renew() {
      openFeeds.renew();
      lastLists.changed();
    },
  };
  const rankings = createRankings({
    holder,
    ready: () => ready,
    sync: () => sync("need"),
    isOffline: () => releases.offline,
    failure: () => failure,
    adjustments: () => memory.adjustments,
    made,
    giveUp: (failed) => deep.giveUp(failed),
    report,
  });
  const profileData = createProfileData({
    log,
    memory,
    held,
    store,
    restored: () => restored,
    renew() {
      compact();
      feeds.renew();
    },
    stored: () => tabs.tell({ kind: "stored", what: "profile" }),
    persistRelease: () => releases.persist(),
    report,
  });
  const poll = createPoll(
    () => sync("poll"),
    () => tabs.leads,
  );
  const hear = createTabNews({
    log,
    memory,
    store,
    holder,
    releases,
    feeds,
    uploads,
    poll,
    level,
    sent: (ids) => page.uploaded(ids),
    lower(to) {
      page.lowered(to);
      return changeLevel(to);
    },
    erased() {
      // The store has told already where it was open.
      if (!disk.dormant) erasedElsewhere();
    },
    sync: () => sync("need"),
  });
  const restored = restore();
  /** Resolves when a first list can be made, or when it is known that none can. */
  const ready = Promise.race([restored.then((found) => (found ? undefined : holder.first)), start()]);

  function report(error: unknown): void {
    page.error(plainError(error, "worker"));
  }

  /** @returns whether a release was stored */
  async function restore(): Promise<boolean> {
    // Events first: the first list must not be that of a stranger.
    await memory.restore();
    memory.restored();
    const found = await releases.restore();
    if (found) await nearPool.restore();
    return found;
  }

  async function start(): Promise<void> {
    const found = await restored;
    if (found) await releases.audit().catch(report);
    const synced = sync("need");
    if (!found) await synced;
    if (init.capped) await disk.dropUploads();
    if (level.mayUpload) await identity.subject();
    uploads.wake();
    // Of an earlier visit, whatever the consent of this one.
    void erasures.send();
    poll.start();
  }

  async function sync(reason: SyncReason) {
    const { offline } = releases;
    const tombstones = held()?.tombstones;
    const answer = await releases.sync(reason);
    if (answer.error && answer.error.code !== failure?.code) page.error(answer.error);
    failure = answer.error;
    // Tombstones come with the manifest, without a new release.
    if (held()?.tombstones !== tombstones) tabs.tell({ kind: "stored", what: "release" });
    if (!releases.offline) {
      tabs.tell({ kind: "looked" });
      if (offline) uploads.reachable();
      if (erasures.pending) void erasures.send();
    }
    const elsewhere = await memory.catchUp();
    if (elsewhere || releases.offline !== offline) feeds.renew();
    return answer;
  }

  async function prepareDeep(next: Held): Promise<Held["deep"]> {
    return level.mode(next.release) === "start" ? undefined : (next.deep ?? deep.prepare(next));
  }

  function taken(next: Held, previous: Held | undefined): void {
    deep.settle();
    if (previous?.items !== next.items || previous.model !== next.model) {
      const reread = log.use(next);
      if (reread.length > 0) void store()?.replaceEvents(reread);
      compact();
    }
    const floor = floorOf(next);
    if (previous?.release.id !== next.release.id || floorOf(previous) !== floor) {
      page.release({ release: next.release.id, previous: previous?.release.id ?? null, floor });
    }
    feeds.renew();
  }

  function compact(): void {
    const told = memory.compact().then((shorter) => shorter && tabs.tell({ kind: "stored", what: "profile" }));
    told.catch(report);
  }

  function modeInUse(): Mode | undefined {
    const current = held();
    return current && level.mode(current.release);
  }

  function made(by: Held, ids: readonly string[]): void {
    log.delivered(by, ids);
    const mode = level.mode(by.release);
    if (mode !== "start") deep.wanted();
    if (mode !== "device") nearPool.wanted();
  }

  function firstOf(query: CheckedQuery, moment: PageMoment): Wanted {
    return { query, moment, count: query.count, pinned: [], place };
  }

  function make(wanted: Wanted): Promise<Ranked> {
    return rankings.of((by, adjustments) => makeList(by, log, { ...wanted, adjustments }));
  }

  /** While nothing is in use yet, the list that the last visit has left. */
  async function listOf(wanted: Wanted): Promise<Ranked> {
    lastLists.asked(wanted.query, wanted.moment);
    const left = held() || wanted.pinned.length > 0 ? undefined : await lastLists.find(wanted.query);
    return left && !held() ? left : make(wanted);
  }

  /** Resolves when no list can be made any more from what was found for the profile. */
  function forget(): Promise<void> {
    memory.forget();
    lastLists.forget();
    uploads.forget();
    identity.forget();
    feeds.reset();
    return nearPool.forget();
  }

  function erasedElsewhere(): void {
    forget().catch(report);
    page.erased();
    feeds.renew();
  }

  async function changeLevel(next: Consent): Promise<void> {
    const changed = level.current !== next;
    const mode = modeInUse();
    tabs.join(next);
    await changeConsent(next, { level, disk, memory, uploads, identity, restored });
    if (!changed) return;
    if (mode !== modeInUse()) nearPool.forget().catch(report);
    void sync("asked");
    feeds.renew();
  }

  /** One ranking of what an app asked for; what it asked wrongly is the ranking's error. */
  async function ranked(ask: unknown, moment: PageMoment, rank: (wanted: Wanted) => Promise<Ranked>): Promise<Ranked> {
    try {
      return await rank(firstOf(checkQuery(ask), moment));
    } catch (error) {
      return rankings.nothing(plainError(error, "bad_option"));
    }
  }

  return {
    ping() {},
    recommend: (query, moment) => ranked(query, moment, listOf),
    rank: (ids, query, moment) =>
      ranked(query, moment, (wanted) =>
        rankings.of((by, adjustments) => rankGiven(by, log, checkIds(ids), { ...wanted, adjustments })),
      ),
    similar: (id, query, moment) =>
      ranked(query, moment, (wanted) =>
        rankings.of((by, adjustments) => similarItems(by, log, checkId(id), { ...wanted, adjustments })),
      ),
    openFeed(feed, query, moment) {
      try {
        feeds.open(feed, checkQuery(query), moment);
      } catch (error) {
        const refusal = plainError(error, "bad_option");
        refusedFeeds.set(feed, refusal);
        page.feed({ ...rankings.nothing(refusal), feed, seq });
      }
    },
    closeFeed(feed) {
      feeds.close(feed);
      refusedFeeds.delete(feed);
    },
    track(batch) {
      memory.whenRestored(() => {
        seq = batch.seq;
        for (const change of batch.changes) {
          const refusal = feeds.change(change) ? undefined : refusedFeeds.get(change.feed);
          // No ranking will answer this change; the page must not wait for one.
          if (refusal) page.feed({ ...rankings.nothing(refusal), feed: change.feed, seq });
        }
        record(batch.events, batch.utcOffsetMinutes);
        compact();
        feeds.renew();
      });
    },
    async explain(item, trace) {
      await ready;
      const current = held();
      return current ? explainEntry(current, holder.edition, log, item, trace) : null;
    },
    async profile(now) {
      await ready;
      return summarize(held(), log, memory.adjustments, now);
    },
    ...profileData,
    setConsent(next) {
      if (next !== "full" && isLower(next, level.current)) tabs.tell({ kind: "lowered", to: next });
      return changeLevel(next);
    },
    async sync() {
      await restored;
      return sync("asked");
    },
    async erase(last) {
      await restored;
      // What the page did since may be here already; older rankings no longer fit its feeds.
      seq = Math.max(seq, last);
      // Read before anything is deleted: the store keeps the order.
      const token = identity.token ?? disk.state("token");
      const kept = Promise.resolve(token).then((found) => found && erasures.keep(found));
      tabs.tell({ kind: "erased" });
      const forgotten = forget();
      const erased = await disk.erase();
      await Promise.all([kept, forgotten]).catch(report);
      feeds.renew();
      return { local: erased ? "erased" : "failed", remote: await erasures.send() };
    },
    visible(visible) {
      poll.visible(visible);
      // A tab that slept has missed what the others said.
      if (visible) void memory.catchUp().then((found) => found && feeds.renew());
      // The page cannot send a beacon through the app's own fetch.
      else if (init.pageFetch) uploads.flush();
      if (!visible) void lastLists.flush();
    },
    async close() {
      await lastLists.flush();
      uploads.stop();
      poll.stop();
      tabs.close();
      await disk.close();
    },
  };
}
