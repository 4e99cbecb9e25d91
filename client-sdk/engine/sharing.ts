/**
 * Everybody else who hears of the person: the other tabs of this browser, and the edge as far as consent goes. What other
 * tabs tell has its effect in `tab-news.ts`.
 */
import { inTime } from "../in-time.ts";
import type { EngineInit, PageHooks } from "../messages.ts";
import { createErasureStore } from "../storage/erasure-store.ts";
import type { Store } from "../storage/store.ts";
import { storedToken } from "../storage/stored-token.ts";
import { createErasures } from "../sync/erasures.ts";
import type { Erasures } from "../sync/erasures.ts";
import type { Send } from "../sync/http.ts";
import { createIdentity } from "../sync/identity.ts";
import type { Identity } from "../sync/identity.ts";
import { createUploads, senderOf } from "../sync/uploads.ts";
import type { Uploads } from "../sync/uploads.ts";
import { createTabs } from "../tabs/tabs.ts";
import type { TabNews, Tabs } from "../tabs/tabs.ts";
import type { EraseResult } from "../types.ts";
import type { ConsentLevel } from "./consent-level.ts";

export interface SharingOptions {
  readonly init: EngineInit;
  readonly page: Pick<PageHooks, "sender" | "settled">;
  readonly send: Send;
  readonly level: ConsentLevel;
  readonly disk: Store;
  /** What another tab tells. */
  readonly hear: (news: TabNews) => Promise<void>;
  readonly report: (error: unknown) => void;
}

export interface Sharing {
  readonly tabs: Tabs;
  readonly uploads: Uploads;
  readonly identity: Identity;
  readonly erasures: Erasures;
  /** Begins to send what earlier visits left, whatever the consent of this one where that is an erasure. */
  start(): Promise<void>;
  /** Events were stored. */
  stored(ids: readonly string[]): void;
  /** Nothing of the person is sent any more, and nothing known of them is held here. */
  forget(): void;
  /**
   * Consent allows no uploads any more: has the edge delete what it was sent, once `deleteHere` has deleted what only
   * consent `full` may hold.
   */
  withdraw(deleteHere: () => Promise<unknown>): Promise<void>;
  /** Deletes everything, here by `deleteHere`, in the other tabs and at the edge. */
  erase(deleteHere: () => Promise<boolean>): Promise<EraseResult>;
  stop(): void;
}

/** Reading and keeping a secret takes milliseconds; it takes this long only where another tab holds up the deletion, too. */
const KEEP_LIMIT_MS = 5_000;
/** Whoever withdraws waits no longer where another tab holds up the deletion, which goes on. */
const DELETE_LIMIT_MS = 10_000;

export function createSharing({ init, page, send, level, disk, hear, report }: SharingOptions): Sharing {
  const store = () => level.store;
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
      page.settled(ids);
    },
    report,
  });
  const erasures = createErasures({ ...init, send, store: createErasureStore(init.namespace), report });

  /** To be begun before anything is deleted. @returns whether events may have been sent */
  async function keepTokens(): Promise<boolean> {
    // Where the store could not be read in time, the one in memory is another one.
    const [used, stored] = [identity.token, storedToken(init.namespace)];
    const tokens = [used, await stored].filter((token) => token !== undefined);
    const different = new Map(tokens.map((token) => [String(token), token]));
    for (const token of different.values()) await erasures.keep(token);
    return different.size > 0;
  }

  async function withdraw(deleteHere: () => Promise<unknown>): Promise<void> {
    const kept = keepTokens();
    await inTime(kept, KEEP_LIMIT_MS);
    await inTime(deleteHere(), DELETE_LIMIT_MS);
    void kept.then((any) => (any ? erasures.send() : undefined));
  }

  return {
    tabs,
    uploads,
    identity,
    erasures,
    withdraw,
    async start() {
      if (init.capped) await withdraw(() => disk.dropUploads());
      if (level.mayUpload) await identity.subject();
      uploads.wake();
      void erasures.send();
    },
    stored(ids) {
      tabs.tell({ kind: "events", ids });
      identity.subject().catch(report);
    },
    forget() {
      uploads.forget();
      identity.forget();
    },
    async erase(deleteHere) {
      let asked = erasures.pending;
      const kept = keepTokens().then((any) => (asked ||= any), report);
      tabs.tell({ kind: "erased" });
      const erased = await deleteHere();
      await inTime(kept, KEEP_LIMIT_MS);
      const remote = await erasures.send();
      // A sync that was under way may have had it confirmed already.
      return { local: erased ? "erased" : "failed", remote: remote === "none" && asked ? "sent" : remote };
    },
    stop() {
      uploads.stop();
      tabs.close();
    },
  };
}
