/**
 * What lists are made from and how they are asked for: the release in use, the pool beside it, the deep floor, and the
 * lists the last visit left. What happens on the page, in other tabs and at the edge is told to it by `engine.ts`.
 */
import type { EngineInit, PageHooks, PageMoment, PlainError, Ranked, SyncAnswer, Trace } from "../messages.ts";
import { plainError } from "../plain-error.ts";
import type { Inspection } from "../inspection.ts";
import type { Explanation, ProfileSummary } from "../types.ts";
import type { Send } from "../sync/http.ts";
import { createBucket } from "../sync/canary.ts";
import { createReleases } from "../sync/releases.ts";
import type { Mode } from "../sync/release-in-use.ts";
import type { Releases, SyncReason } from "../sync/releases.ts";
import { createTrust } from "../sync/trust.ts";
import type { ConsentLevel } from "./consent-level.ts";
import { createDeepFloor } from "./deep-floor.ts";
import type { EventLog } from "./event-log.ts";
import { explainEntry } from "./explain-entry.ts";
import type { Held } from "./held.ts";
import { createHolder, floorOf } from "./holder.ts";
import { inspect } from "./inspect.ts";
import { createLastLists } from "./last-lists.ts";
import { makeList } from "./make-list.ts";
import type { ListRequest } from "./make-list.ts";
import type { Memory } from "./memory.ts";
import { createNearPool } from "./near-pool.ts";
import { summarize } from "./profile-summary.ts";
import { checkId, checkIds, checkQuery } from "./query.ts";
import type { CheckedQuery } from "./query.ts";
import { rankGiven } from "./rank-given.ts";
import { createRankings } from "./ranking.ts";
import { similarItems } from "./similar-items.ts";

/** What a list is asked for with. What the person has set by hand is read when it is made; the place is the page's. */
type Wanted = Omit<ListRequest, "adjustments" | "place">;

export interface ServingOptions {
  readonly init: EngineInit;
  readonly page: Pick<PageHooks, "release" | "error">;
  readonly send: Send;
  readonly level: ConsentLevel;
  readonly log: EventLog;
  readonly memory: Memory;
  /** Other items, or another model of them, are in use: the log has been read with them. */
  readonly reread: () => void;
  /** Lists are made differently from now on. */
  readonly renew: () => void;
  /** Resolves when a first list can be made, or when it is known that none can. */
  readonly ready: () => Promise<unknown>;
  readonly report: (error: unknown) => void;
}

export interface Serving {
  readonly held: Held | undefined;
  readonly releases: Releases;
  /** Resolves when something is in use. */
  readonly first: Promise<void>;
  /** Takes what is stored into use. @returns whether a release was there */
  restore(): Promise<boolean>;
  /** Looks for a new release, and tells the page why there is none. */
  sync(reason: SyncReason): Promise<SyncAnswer>;
  /** A list that goes on behind what is pinned; while nothing is in use yet, the one the last visit has left. */
  list(wanted: Wanted): Promise<Ranked>;
  /** One list of what an app asks for; what it asked wrongly is its error. The same holds for those below. */
  recommend(query: unknown, moment: PageMoment): Promise<Ranked>;
  rank(ids: unknown, query: unknown, moment: PageMoment): Promise<Ranked>;
  similar(id: unknown, query: unknown, moment: PageMoment): Promise<Ranked>;
  /** A ranking without entries that says why. */
  nothing(error: PlainError): Ranked;
  explain(item: string, trace: Trace): Promise<Explanation<object> | null>;
  summary(now: number): Promise<ProfileSummary>;
  inspect(now: number): Promise<Inspection>;
  /** What lists are made from has changed: those for the next visit will be made again. */
  changed(): void;
  /** Consent was changed, in what `change` does: what it no longer allows is not used any more. */
  duringConsent(change: () => Promise<void>): Promise<void>;
  /** Resolves when no list can be made any more from what was found for the profile. */
  forget(): Promise<void>;
  /** Makes and stores now what the next visit begins with. */
  flush(): Promise<void>;
}

export function createServing(options: ServingOptions): Serving {
  const { init, page, send, level, log, memory, reread, renew, ready, report } = options;
  const place = { ...(init.language && { language: init.language }), ...(init.region && { region: init.region }) };
  const store = () => level.store;
  const mode = level.mode;
  /** Why there is no release. */
  let failure: PlainError | undefined;

  const holder = createHolder({
    prepare: async (next) => (mode(next.release) === "start" ? undefined : (next.deep ?? deep.prepare(next))),
    taken,
  });
  const held = () => holder.held;
  const { hold } = holder;
  /** Of items and log together; neither ever falls. */
  const edition = () => holder.edition + log.edition;
  const trust = createTrust({ ...init, store, now: Date.now });
  const bucket = createBucket(store, Math.random);
  const releases = createReleases({ ...init, send, trust, bucket, mode, store, held, hold });
  const files = () => releases.files;
  const deep = createDeepFloor({ urls: init, held, files, hold, report });
  const pool = { ...init, send, place, now: Date.now, log, mode, files, store, held, hold, report };
  const nearPool = createNearPool(pool);
  const rankings = createRankings({
    holder,
    edition,
    ready,
    sync: () => sync("need"),
    isOffline: () => releases.offline,
    failure: () => failure,
    adjustments: () => memory.adjustments,
    made,
    giveUp: deep.giveUp,
    report,
  });
  const lastLists = createLastLists({
    log,
    store,
    basis: JSON.stringify([place, init.channel, init.verifyKey]),
    adjustments: () => memory.adjustments,
    make: async (query, moment) => (held() ? make(beginning(query, moment)) : undefined),
    report,
  });

  function taken(next: Held, previous: Held | undefined, waitedSince: number): void {
    deep.settle();
    if (previous?.items !== next.items || previous.model !== next.model) {
      const changed = log.use(next);
      if (changed.length > 0) void store()?.replaceEvents(changed);
      reread();
    }
    const floor = floorOf(next);
    if (previous?.release.id !== next.release.id || floorOf(previous) !== floor) {
      const swapMs = performance.now() - waitedSince;
      const before = previous?.release.id ?? null;
      page.release({ release: next.release.id, previous: before, floor, ...next.origin, swapMs });
    }
    renew();
  }

  function made(by: Held, ids: readonly string[]): void {
    log.delivered(by, ids);
    if (mode(by.release) !== "start") deep.wanted();
    if (mode(by.release) !== "device") nearPool.wanted();
  }

  async function sync(reason: SyncReason): Promise<SyncAnswer> {
    const answer = await releases.sync(reason);
    if (answer.error && answer.error.code !== failure?.code) page.error(answer.error);
    failure = answer.error;
    return answer;
  }

  function beginning(query: CheckedQuery, moment: PageMoment): Wanted {
    return { query, moment, count: query.count, pinned: [] };
  }

  function make(wanted: Wanted): Promise<Ranked> {
    return rankings.of((by, adjustments) => makeList(by, log, { ...wanted, place, adjustments }));
  }

  async function list(wanted: Wanted): Promise<Ranked> {
    lastLists.asked(wanted.query, wanted.moment);
    const left = held() || wanted.pinned.length > 0 ? undefined : await lastLists.find(wanted.query);
    return left && !held() ? left : make(wanted);
  }

  async function ranked(ask: unknown, moment: PageMoment, rank: (wanted: Wanted) => Promise<Ranked>): Promise<Ranked> {
    try {
      log.asOf(moment.now);
      return await rank(beginning(checkQuery(ask), moment));
    } catch (error) {
      return rankings.nothing(plainError(error, "bad_option"));
    }
  }

  function modeInUse(): Mode | undefined {
    const current = held();
    return current && mode(current.release);
  }

  return {
    get held() {
      return holder.held;
    },
    releases,
    first: holder.first,
    async restore() {
      const found = await releases.restore();
      if (found) await nearPool.restore();
      return found;
    },
    sync,
    list,
    recommend: (query, moment) => ranked(query, moment, list),
    rank: (ids, query, moment) =>
      ranked(query, moment, (wanted) => {
        const given = checkIds(ids);
        return rankings.of((by, adjustments) => rankGiven(by, log, given, { ...wanted, place, adjustments }));
      }),
    similar: (id, query, moment) =>
      ranked(query, moment, (wanted) => {
        const item = checkId(id);
        return rankings.of((by, adjustments) => similarItems(by, log, item, { ...wanted, place, adjustments }));
      }),
    nothing: rankings.nothing,
    async explain(item, trace) {
      await ready();
      const current = held();
      return current ? explainEntry(current, edition(), log, item, trace) : null;
    },
    async summary(now) {
      await ready();
      return summarize(held(), log, memory.adjustments, now);
    },
    async inspect(now) {
      await ready();
      return inspect({ held: held(), log, level, channel: releases.channel, offline: releases.offline }, now);
    },
    changed: lastLists.changed,
    async duringConsent(change) {
      const before = modeInUse();
      nearPool.cancel();
      await change();
      if (before !== modeInUse()) nearPool.forget().catch(report);
    },
    forget() {
      lastLists.forget();
      bucket.forget();
      return nearPool.forget();
    },
    flush: lastLists.flush,
  };
}
