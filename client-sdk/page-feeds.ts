/**
 * The feeds that are open on the page: opening and ending them, and what happens to all of them at once. One feed is
 * `live-feed.ts`; the engine's side is `engine/feeds.ts`.
 */
import type { Remote } from "comlink";
import type { NearfeedError } from "../shared/errors.ts";
import { counted, countOf } from "./count.ts";
import { AGAIN_MS } from "./engine-link.ts";
import type { Lists } from "./lists.ts";
import { createLiveFeed } from "./live-feed.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { EngineApi, FeedChange, FeedUpdate, PageMoment } from "./messages.ts";
import { listenerError } from "./notices.ts";
import type { Outgoing } from "./outgoing.ts";
import { asNearfeedError } from "./plain-error.ts";
import type { Entry, Feed, Query } from "./types.ts";

/** When a feed is opened again for which there was no engine, twice as late each time; the line asks for none earlier. */
const FIRST_WAIT_MS = AGAIN_MS + 500;
const LONGEST_WAIT_MS = 600_000;

export interface PageFeedsOptions {
  readonly lists: Lists;
  readonly outgoing: Pick<Outgoing, "add">;
  readonly call: <R>(use: (engine: Remote<EngineApi>) => Promise<R>) => Promise<R>;
  readonly moment: () => PageMoment;
  readonly report: (error: unknown) => void;
}

export interface PageFeeds<T> {
  /** Whether any feed is open, which would show what an event does. */
  readonly isOpen: boolean;
  open(query: Query): Feed<T>;
  /** @returns false where the page does not show it: the feed is gone, or a newer ranking is under way */
  apply(update: FeedUpdate): boolean;
  /** Calls the subscribers. */
  notify(feed: number): void;
  /** Pins up to the entry in every feed that shows it, for as long as the event stands. */
  pin(entry: Entry<T>, event: string): FeedChange[];
  unpin(event: string): FeedChange[];
  /** A change went out with this batch. */
  sent(feed: number, seq: number): void;
  /** As after opening; rankings of batches before `seq` are no longer wanted. */
  reset(seq?: number): void;
  /** Nobody waits any longer. */
  end(): void;
}

export function createPageFeeds<T>({ lists, outgoing, call, moment, report }: PageFeedsOptions): PageFeeds<T> {
  const feeds = new Map<number, LiveFeed<T>>();
  let opened = 0;

  return {
    get isOpen() {
      return feeds.size > 0;
    },
    open(asked) {
      const id = opened++;
      const { query, refusal } = readQuery(asked);
      const { count } = query;
      const live = createLiveFeed<T>(id, query, count, lists);
      const openOn = (wait: number): void => {
        call((engine) => engine.openFeed(id, query, moment())).catch((cause: unknown) => {
          const error = asNearfeedError(cause, "worker");
          live.fail(error);
          live.notify();
          const next = Math.min(LONGEST_WAIT_MS, 2 * wait);
          if (error.code === "worker") setTimeout(() => feeds.has(id) && openOn(next), wait);
        });
      };
      feeds.set(id, live);
      if (refusal) live.fail(refusal);
      else openOn(FIRST_WAIT_MS);
      return {
        getSnapshot: live.getSnapshot,
        subscribe(listener) {
          const refused = listenerError(listener);
          if (!refused) return live.subscribe(listener);
          report(refused);
          return () => {};
        },
        async more(by) {
          if (refusal) return;
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
    },
    apply: (update) => feeds.get(update.feed)?.apply(update) ?? false,
    notify: (feed) => feeds.get(feed)?.notify(),
    pin: (entry, event) => [...feeds.values()].flatMap((live) => live.pin(entry, event) ?? []),
    unpin: (event) => [...feeds.values()].flatMap((live) => live.unpin(event) ?? []),
    sent: (feed, seq) => feeds.get(feed)?.sent(seq),
    reset(seq) {
      for (const live of feeds.values()) {
        live.reset();
        if (seq !== undefined) live.sent(seq);
      }
    },
    end() {
      for (const live of feeds.values()) live.end();
    },
  };
}

/** A query whose own getters throw is a refused query, not an exception in the page. */
function readQuery(asked: Query): { query: Query & { readonly count: number }; refusal?: NearfeedError } {
  try {
    return { query: counted(asked) };
  } catch (error) {
    return { query: counted({ surface: "" }), refusal: asNearfeedError(error, "bad_option") };
  }
}
