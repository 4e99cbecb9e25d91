/**
 * The engine: everything behind the facade, in the web worker. It ties together what is remembered of the person
 * (`memory.ts`), what lists are made from (`serving.ts`) and who else hears of it (`sharing.ts`).
 */
import type { EngineApi, EngineInit, PageHooks, PlainError } from "../messages.ts";
import { plainError } from "../plain-error.ts";
import { createStore } from "../storage/store.ts";
import { heedRefusals } from "../sync/heed-refusals.ts";
import { createSend } from "../sync/http.ts";
import { createPoll } from "../sync/poll.ts";
import type { SyncReason } from "../sync/releases.ts";
import { withNotices } from "../sync/sent-notices.ts";
import type { Consent } from "../types.ts";
import { createConsentChange, isWithdrawal } from "./change-consent.ts";
import { createConsentLevel } from "./consent-level.ts";
import { createEventLog } from "./event-log.ts";
import { createFeeds } from "./feeds.ts";
import { createMemory } from "./memory.ts";
import { createProfileData } from "./profile-data.ts";
import { checkQuery } from "./query.ts";
import { createRecorder } from "./recorder.ts";
import { createServing } from "./serving.ts";
import { createSharing } from "./sharing.ts";
import { createTabNews } from "./tab-news.ts";

export function createEngine(init: EngineInit, page: PageHooks): Omit<EngineApi, "open"> {
  const disk = createStore(init.namespace, { onError: report, onErased: erasedElsewhere });
  const level = createConsentLevel(init, disk);
  const store = () => level.store;
  const asking = withNotices(createSend(init.pageFetch ? page : undefined), (notice) => page.sent(notice));
  const send = heedRefusals(asking);
  const log = createEventLog();
  const memory = createMemory(log, store);
  /** The last batch of the page. */
  let seq = 0;
  /** Why a feed could not be opened. */
  const refusedFeeds = new Map<number, PlainError>();

  const serving = createServing({
    init,
    page,
    send,
    level,
    log,
    memory,
    reread: compact,
    renew,
    ready: () => ready,
    report,
  });
  const { releases } = serving;
  const held = () => serving.held;
  const sharing = createSharing({ init, page, send, level, disk, hear: (news) => hear(news), report });
  const { tabs, uploads, erasures } = sharing;
  const changeConsent = createConsentChange({ level, disk, memory, sharing, restored: () => restored });
  const record = createRecorder({
    log,
    held,
    store,
    mayUpload: () => level.mayUpload,
    stored: sharing.stored,
    uploads,
    persistRelease: () => releases.persist(),
    refused: (ids) => page.settled(ids),
    report,
  });
  const feeds = createFeeds(async (feed) => {
    const upTo = seq;
    const count = Math.max(feed.query.count, feed.length - feed.pinned.length);
    page.feed({ ...(await serving.list({ ...feed, count })), feed: feed.id, seq: upTo });
  }, report);
  const profileData = createProfileData({
    log,
    memory,
    held,
    store,
    restored: () => restored,
    ready: () => ready,
    renew() {
      compact();
      renew();
    },
    stored: () => tabs.tell({ kind: "stored", what: "profile" }),
    persistRelease: () => releases.persist(),
    report,
  });
  const poll = createPoll(
    () => sync("poll").catch(report),
    () => tabs.leads,
  );
  const hear = createTabNews({
    log,
    memory,
    releases,
    renew,
    uploads,
    poll,
    level,
    sent: (ids) => page.settled(ids),
    lower(to) {
      page.lowered(to);
      return changeLevel(to);
    },
    erased() {
      // Once is enough: what is done between this and what the store tells would be lost.
      if (!disk.tellsOfErasure) erasedElsewhere();
    },
    sync: () => sync("need"),
  });
  // What cannot be restored is as good as not stored: lists are made all the same.
  const restored = restore().catch((error: unknown) => (report(error), false));
  /** Resolves when a first list can be made, or when it is known that none can. */
  const ready = Promise.race([restored.then((found) => (found ? undefined : serving.first)), start()]);

  function report(error: unknown): void {
    page.error(plainError(error, "worker"));
  }

  function renew(): void {
    feeds.renew();
    serving.changed();
  }

  /** @returns whether a release was stored */
  async function restore(): Promise<boolean> {
    // Events first: the first list must not be that of a stranger.
    await memory.restore().finally(() => memory.restored());
    return serving.restore();
  }

  async function start(): Promise<void> {
    const found = await restored;
    if (found) await releases.audit().catch(report);
    const synced = sync("need");
    if (!found) await synced;
    await sharing.start();
    poll.start();
  }

  async function sync(reason: SyncReason) {
    const { offline } = releases;
    const tombstones = held()?.tombstones;
    const answer = await serving.sync(reason);
    // Tombstones come with the manifest, without a new release.
    if (held()?.tombstones !== tombstones) tabs.tell({ kind: "stored", what: "release" });
    if (!releases.offline) {
      tabs.tell({ kind: "looked" });
      if (offline) uploads.reachable();
      if (erasures.pending) void erasures.send();
    }
    const elsewhere = await memory.catchUp();
    if (elsewhere || releases.offline !== offline) renew();
    return answer;
  }

  function compact(): void {
    const told = memory.compact().then((shorter) => shorter && tabs.tell({ kind: "stored", what: "profile" }));
    told.catch(report);
  }

  /** Resolves when no list can be made any more from what was found for the profile. */
  function forget(): Promise<void> {
    memory.forget();
    sharing.forget();
    feeds.reset();
    return serving.forget();
  }

  function erasedElsewhere(): void {
    forget().catch(report);
    page.erased();
    renew();
  }

  async function changeLevel(next: Consent): Promise<void> {
    const changed = level.current !== next;
    tabs.join(next);
    await serving.duringConsent(() => changeConsent(next));
    if (!changed) return;
    // What was in memory alone may be in the store now.
    tabs.tell({ kind: "stored", what: "profile" });
    sync("asked").catch(report);
    renew();
  }

  return {
    ping() {},
    recommend: serving.recommend,
    rank: serving.rank,
    similar: serving.similar,
    openFeed(feed, query, moment) {
      try {
        log.asOf(moment.now);
        feeds.open(feed, checkQuery(query), moment);
      } catch (error) {
        const refusal = plainError(error, "bad_option");
        refusedFeeds.set(feed, refusal);
        page.feed({ ...serving.nothing(refusal), feed, seq });
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
          if (refusal) page.feed({ ...serving.nothing(refusal), feed: change.feed, seq });
        }
        record(batch.events, batch.utcOffsetMinutes);
        compact();
        renew();
      });
    },
    explain: serving.explain,
    profile: serving.summary,
    inspect: serving.inspect,
    ...profileData,
    setConsent(next) {
      // Also where this tab is there already: another one may be higher.
      if (isWithdrawal(next, level.current)) tabs.tellAll({ kind: "lowered", to: next });
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
      return sharing.erase(async () => {
        const forgotten = forget();
        const erased = await disk.erase();
        await forgotten.catch(report);
        renew();
        return erased;
      });
    },
    visible(visible) {
      poll.visible(visible);
      // A tab that slept has missed what the others said.
      if (visible) memory.catchUp().then((found) => found && renew(), report);
      // The page cannot send a beacon through the app's own fetch.
      else if (init.pageFetch) uploads.flush();
      if (!visible) void serving.flush();
    },
    async close() {
      await serving.flush();
      poll.stop();
      sharing.stop();
      await disk.close();
    },
  };
}
