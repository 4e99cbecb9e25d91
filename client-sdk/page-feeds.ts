/**
 * The feeds that are open on the page: opening and ending them, and what happens to all of them at once. One feed is
 * `live-feed.ts`; the engine's side is `engine/feeds.ts`.
 */
import type { Remote } from "comlink";
import type { NearfeedError } from "../shared/errors.ts";
import { counted, countOf } from "./count.ts";
import type { Lists } from "./lists.ts";
import { createLiveFeed } from "./live-feed.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { EngineApi, FeedChange, FeedUpdate, PageMoment } from "./messages.ts";
import { listenerError } from "./notices.ts";
import type { Outgoing } from "./outgoing.ts";
import { asNearfeedError } from "./plain-error.ts";
import type { Entry, Feed, Query } from "./types.ts";

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
  /** Tells an engine that has come late of those that no engine was told of. */
  openIn(engine: Remote<EngineApi>): void;
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
  /** Those that wait for an engine. */
  const unopened = new Map<number, Query>();
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
      feeds.set(id, live);
      if (refusal) live.fail(refusal);
      else {
        call((engine) => engine.openFeed(id, query, moment())).catch((cause: unknown) => {
          const error = asNearfeedError(cause, "worker");
          if (error.code === "worker" && feeds.has(id)) unopened.set(id, query);
          live.fail(error);
          live.notify();
        });
      }
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
          unopened.delete(id);
          live.end();
          call((engine) => engine.closeFeed(id)).catch(() => {});
        },
      };
    },
    openIn(engine) {
      for (const [id, query] of unopened) {
        const live = feeds.get(id)!;
        live.reset();
        live.sent(0);
        engine.openFeed(id, query, moment()).catch(report);
      }
      unopened.clear();
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
