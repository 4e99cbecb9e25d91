/**
 * The tabs of one namespace act as one: what one stores the others hear of, and one of them does what needs doing once.
 *
 * At `denied` a tab is alone: it says nothing but that the person takes consent back, hears nothing and shares no name with
 * anybody. Tabs of different levels hear each other, but elect apart: one at `local` may not upload for one at `full`.
 */
import type { Consent } from "../types.ts";
import { standInElection } from "./election.ts";
import type { Election } from "./election.ts";
import { locksHere } from "./locks.ts";
import { createTabChannel, sharedName } from "./tab-channel.ts";
import type { TabMessage } from "./tab-messages.ts";

export type TabNews = Exclude<TabMessage, { kind: "leading" | "who-leads" }>;

export interface TabsOptions {
  readonly namespace: string;
  readonly consent: Consent;
  /** Another tab has said something. */
  readonly hear: (news: TabNews) => void;
  /** This tab begins to lead, or leads no more. Not called for tabs that are alone. */
  readonly changed: (leads: boolean) => void;
  /** Default: those of the browser. */
  readonly locks?: Pick<LockManager, "request">;
}

export interface Tabs {
  /** Whether this tab does what one tab should do: look for releases, send events. */
  readonly leads: boolean;
  tell(news: TabNews): void;
  /** Also from `denied`: what a person takes back in one tab holds for all. */
  tellAll(news: TabNews): void;
  /** The tab's level has changed. */
  join(consent: Consent): void;
  close(): void;
}

export function createTabs(options: TabsOptions): Tabs {
  const { namespace, hear, locks = locksHere() } = options;
  // Where there are no locks a tab leads at once: the news of it must not come before what it is made for.
  const changed = (leads: boolean) => queueMicrotask(() => options.changed(leads));
  let election: Election | undefined;
  let named = "";
  const channel = createTabChannel(namespace, (message) => {
    if (message.kind !== "leading" && message.kind !== "who-leads") hear(message);
    else if (message.election === named) election?.heard(message.kind);
  });

  function join(consent: Consent): void {
    const before = named;
    named = consent === "denied" ? "" : consent;
    if (named === before) return;
    election?.leave();
    election = undefined;
    channel.set(named !== "");
    if (named === "") return;
    const joined = named;
    const say = (kind: "leading" | "who-leads") => channel.tell({ kind, election: joined });
    const name = `${sharedName(namespace)}:${joined}`;
    election = standInElection({ name, locks, say: channel.open ? say : undefined, changed });
  }

  join(options.consent);
  return {
    get leads() {
      return named === "" || election?.leads === true;
    },
    tell: (news) => channel.tell(news),
    tellAll(news) {
      channel.set(true);
      channel.tell(news);
      channel.set(named !== "");
    },
    join,
    close() {
      election?.leave();
      channel.set(false);
    },
  };
}
