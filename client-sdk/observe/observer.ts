/**
 * Watches cards on the page and turns what a person does with them into impressions, views and skips. All elements share
 * one IntersectionObserver, and nothing listens to scrolling. What the findings mean is decided in `attention.ts`.
 *
 * What covers an element (a dialog, a menu) is not noticed: browsers do not tell.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { asNearfeedError } from "../plain-error.ts";
import type { Entry } from "../types.ts";
import { IMPRESSION_MS, impressed, lookEnded, noAttention, seen } from "./attention.ts";
import type { Attention, Findings } from "./attention.ts";
import { playedFraction, shareOnScreen, wasPassed } from "./measure.ts";

/** Half of a card, as everybody counts who counts impressions. */
const SEEN_SHARE = 0.5;
/**
 * At these parts of an element browsers tell that it came or went: at half of it, and a fifth less each time, so that half a
 * screen of an element up to 45 screens high is known to a tenth of a screen.
 */
const STEPS = [0, ...Array.from({ length: 18 }, (_, i) => SEEN_SHARE * 0.8 ** i)];
/** Cards whose impression stays the only one when their element is made anew. Older ones are far from any screen. */
const MAX_CARDS = 2_000;
/** A page that goes into the back/forward cache is hidden too, and not every browser says so twice. */
const PAGE_EVENTS = ["visibilitychange", "pagehide", "pageshow"];

/** What the observer needs of a recommender. None of it throws. */
export interface ObserverHost<T> {
  /** @returns the event's id */
  track(type: "impression" | "view" | "skip", entry: Entry<T>, details: object): string;
  undo(event: string): void;
  /** Something of the entry came onto the screen: it must not move until it is released. */
  hold(entry: Entry<T>, card: string): void;
  release(card: string): void;
  report(error: unknown): void;
  /** Ms of a clock that only goes forward. */
  now(): number;
}

export interface Observer<T> {
  /** Never throws. @returns ends it, once the task is over, unless the same card is observed there again by then */
  observe(element: Element, entry: Entry<T>): () => void;
  /** Forgets what is known of every card. */
  reset(): void;
  /** Tells what was seen until now; nothing after. */
  close(): void;
}

/** An element that shows a card. */
interface Watched<T> {
  readonly element: Element;
  /** Names the card. */
  readonly key: string;
  readonly findings: Findings;
  entry: Entry<T>;
  /** The latest call of `observe`; undefined once its end was asked for. */
  owner: object | undefined;
  /** Where it was when something of it was on the screen last; undefined while nothing is. */
  box: DOMRectReadOnly | undefined;
  /** Whether that is enough of it. */
  enough: boolean;
  /** Since when the card is seen, by the host's clock. */
  since: number | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createObserver<T>(host: ObserverHost<T>): Observer<T> {
  // Weak, so that an element can go whose end nobody told.
  const watched = new WeakMap<Element, Watched<T>>();
  const onScreen = new Set<Watched<T>>();
  const cards = new Map<string, Attention>();
  let intersections: IntersectionObserver | undefined;
  let elements = 0;
  let hidden = false;
  let closed = false;

  function cardOf({ key }: Watched<T>): Attention {
    const card = cards.get(key) ?? noAttention();
    cards.delete(key);
    cards.set(key, card);
    if (cards.size > MAX_CARDS) cards.delete(cards.keys().next().value!);
    return card;
  }

  /** Starts or stops the card's time, as things are. */
  function settle(each: Watched<T>): void {
    const counts = each.enough && !hidden;
    if (counts === (each.since !== undefined)) return;
    const card = cardOf(each);
    if (each.since === undefined) {
      each.since = host.now();
      if (!card.impressed) each.timer = setTimeout(() => impressed(cardOf(each), each.findings), IMPRESSION_MS);
    } else {
      clearTimeout(each.timer);
      seen(card, host.now() - each.since, each.findings);
      each.since = undefined;
    }
  }

  function leave(each: Watched<T>, passed: boolean): void {
    each.box = undefined;
    each.enough = false;
    settle(each);
    lookEnded(cardOf(each), passed, each.findings);
    onScreen.delete(each);
    host.release(each.key);
  }

  function intersected(records: readonly IntersectionObserverEntry[]): void {
    for (const record of records) {
      const each = watched.get(record.target);
      if (!each) continue;
      const { box } = each;
      const now = record.boundingClientRect;
      // Touching the edge is not being on the screen.
      if (record.intersectionRatio > 0) {
        each.box = now;
        each.enough = shareOnScreen(record) >= SEEN_SHARE;
        settle(each);
        if (box) continue;
        onScreen.add(each);
        host.hold(each.entry, each.key);
      } else if (box) leave(each, wasPassed(record.target, box, now));
    }
  }

  function pageChanged({ type }: Event): void {
    hidden = type === "pagehide" || document.visibilityState === "hidden";
    for (const each of onScreen) {
      settle(each);
      if (hidden) lookEnded(cardOf(each), false, each.findings);
    }
  }

  /** Events of media do not bubble, but they can be caught on their way down. */
  function played({ target }: Event): void {
    if (!(target instanceof HTMLMediaElement)) return;
    const fraction = playedFraction(target);
    for (let node: Element | null = target; node && fraction !== undefined; node = node.parentElement) {
      const each = watched.get(node);
      if (!each) continue;
      const card = cardOf(each);
      card.fraction = Math.max(card.fraction ?? 0, fraction);
    }
  }

  /** On the way down at the window: ahead of whatever sends what waits when the page goes. */
  function listen(how: "addEventListener" | "removeEventListener"): void {
    for (const type of PAGE_EVENTS) window[how](type, pageChanged, { capture: true, passive: true });
    window[how]("timeupdate", played, { capture: true, passive: true });
  }

  function start(): IntersectionObserver {
    const started = new IntersectionObserver(intersected, { threshold: STEPS });
    hidden = document.visibilityState === "hidden";
    listen("addEventListener");
    return started;
  }

  function stop(): void {
    if (!intersections) return;
    intersections.disconnect();
    intersections = undefined;
    listen("removeEventListener");
  }

  function end(each: Watched<T>): void {
    if (watched.get(each.element) !== each) return;
    watched.delete(each.element);
    intersections?.unobserve(each.element);
    if (each.box) leave(each, false);
    if (--elements === 0) stop();
  }

  function watch(element: Element, given: Entry<T>): Watched<T> {
    if (element?.nodeType !== 1) throw bad("element", "an element of the page", element);
    // As it is now: later nobody could say that it cannot be read.
    const entry = { ...given };
    if (typeof entry.id !== "string" || typeof entry.list !== "string") throw bad("entry", "an entry of a list", given);
    const key = JSON.stringify([entry.list, entry.id]);
    const known = watched.get(element);
    if (known?.key === key) {
      known.entry = entry;
      return known;
    }
    intersections ??= start();
    // Refuses what only looks like an element, before anything is noted of it.
    intersections.observe(element);
    elements++;
    if (known) end(known);
    const each: Watched<T> = {
      element,
      key,
      findings: { track: (type, details) => host.track(type, each.entry, details), undo: host.undo },
      entry,
      owner: undefined,
      box: undefined,
      enough: false,
      since: undefined,
      timer: undefined,
    };
    watched.set(element, each);
    intersections.observe(element);
    return each;
  }

  return {
    observe(element, entry) {
      if (closed) return () => {};
      try {
        const each = watch(element, entry);
        const owner = (each.owner = {});
        return () => {
          if (each.owner !== owner) return;
          each.owner = undefined;
          // A page that is drawn anew ends and observes the same card in one go: its look goes on.
          queueMicrotask(() => each.owner ?? end(each));
        };
      } catch (error) {
        host.report(asNearfeedError(error, "bad_option"));
        return () => {};
      }
    },
    reset() {
      cards.clear();
      for (const each of onScreen) if (each.since !== undefined) each.since = host.now();
    },
    close() {
      closed = true;
      for (const each of onScreen) leave(each, false);
      stop();
    },
  };
}

function bad(path: string, expected: string, got: unknown): NearfeedError {
  return new NearfeedError("bad_option", `${path} must be ${expected}, got ${got === null ? "null" : typeof got}`, {
    path,
    hint: "observe(element, entry) takes a DOM element and an entry as a feed or a list gave it.",
  });
}
