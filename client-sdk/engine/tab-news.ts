/**
 * What another tab of the namespace has done takes its effect here too: its events re-rank the feeds of this tab, its
 * release is taken from the store instead of the network, and what the person withdrew there is withdrawn here.
 */
import type { Consent } from "../types.ts";
import type { Poll } from "../sync/poll.ts";
import type { Releases } from "../sync/releases.ts";
import type { Uploads } from "../sync/uploads.ts";
import type { TabNews } from "../tabs/tabs.ts";
import { isLower } from "../consent-order.ts";
import type { EventLog } from "./event-log.ts";
import type { Memory } from "./memory.ts";

export interface TabNewsParts {
  readonly log: EventLog;
  readonly memory: Memory;
  readonly releases: Releases;
  /** Lists are made differently from now on. */
  readonly renew: () => void;
  readonly uploads: Uploads;
  readonly poll: Poll;
  readonly level: { readonly current: Consent };
  /** The edge has judged events of this page. */
  readonly sent: (ids: readonly string[]) => void;
  readonly lower: (to: "denied" | "local") => Promise<void>;
  readonly erased: () => void;
  /** Fetches the release that could not be taken from the store. */
  readonly sync: () => Promise<unknown>;
}

/** @returns takes in one piece of news; resolves when it has had its effect */
export function createTabNews(parts: TabNewsParts): (news: TabNews) => Promise<void> {
  const { log, memory, releases, renew, uploads, poll, level } = parts;

  async function adopt(): Promise<void> {
    // What the other tab stored may be a pool, where this one needs the whole catalogue.
    if (!(await releases.adopt())) await parts.sync();
  }

  async function catchUp(): Promise<void> {
    await memory.catchUp();
    renew();
  }

  return async (news) => {
    switch (news.kind) {
      case "events": {
        const unknown = news.ids.filter((id) => !log.isKnown(id));
        if ((await memory.load((from) => from.eventsOf(unknown))) > 0) renew();
        return uploads.wake();
      }
      case "sent":
        return parts.sent(news.ids);
      case "stored":
        return news.what === "release" ? adopt() : catchUp();
      case "looked":
        return poll.looked();
      case "lowered":
        return isLower(news.to, level.current) ? parts.lower(news.to) : undefined;
      case "erased":
        return parts.erased();
    }
  };
}
