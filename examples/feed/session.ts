/**
 * What is on the page: the films that were shown, the one that is shown now, the films after it, and what can be undone.
 * It talks to the recommender and draws nothing.
 *
 * A film that is shown is pinned by its impression, so that a new order never swaps it under a thumb. After a verdict the
 * next one is taken only when the reaction is there: it is the first of the new order, not of the old one.
 */
import type { Entry, Feed, Recommender } from "nearfeed";
import type { Film } from "./film.ts";

/** What the buttons say about a film. */
export type Verdict = "like" | "skip" | "hide";

/** How long the page waits for a reaction before it shows the next film anyway. */
const REACTION_PATIENCE_MS = 1_000;

/** A verdict that can be taken back. */
interface Past {
  readonly event: string;
  readonly verdict: Verdict;
  readonly entry: Entry<Film>;
  /** False where it was given in a list: then the film on the screen has nothing to do with it. */
  readonly onScreen: boolean;
}

interface Shown {
  readonly entry: Entry<Film>;
  /** Absent until it may be recorded. */
  readonly impression?: string;
}

export interface Session {
  /** The films that were shown, oldest first. */
  readonly trail: readonly Entry<Film>[];
  /** The one that is shown now; absent while the first list is made, and where there is none. */
  readonly current: Entry<Film> | undefined;
  /** The films after the trail, in order. */
  readonly next: readonly Entry<Film>[];
  readonly canUndo: boolean;
  verdictOf(id: string): Verdict | undefined;
  /** @returns false where the film has this verdict already */
  judge(verdict: Verdict, entry: Entry<Film>): boolean;
  /** @returns the film whose verdict was taken back */
  undo(): Entry<Film> | undefined;
  forward(): void;
  back(): void;
  /** Goes to a film of the trail, or to the first one after it. */
  goTo(id: string): void;
}

/** Films after the trail that the page asks for. */
export const FILMS_AHEAD = 20;

/** @param changed called when there is something new to draw */
export function createSession(recommender: Recommender<Film>, feed: Feed<Film>, changed: () => void): Session {
  let shown: Shown[] = [];
  /** Of the film on the screen, in `shown`. */
  let at = 0;
  let waitsFor: string | undefined;
  let past: Past[] = [];
  let isRecording = true;
  let erasedList: string | undefined;

  recommender.on("reaction", ({ event }) => {
    if (event === waitsFor) advance();
  });
  recommender.on("erased", forget);
  feed.subscribe(settle);
  settle();

  /** Fills the empty screen, unless a new order is on its way. */
  function settle(): void {
    const isErased = feed.getSnapshot().id === erasedList;
    if (at >= shown.length && waitsFor === undefined && !isErased) show(upcoming()[0]);
    changed();
  }

  function show(entry: Entry<Film> | undefined): void {
    if (!entry) return;
    at = shown.length;
    shown.push({ entry });
    if (isRecording) pin(at);
  }

  function pin(place: number): void {
    const { entry, impression } = shown[place]!;
    if (impression !== undefined) return;
    const tracked = recommender.track("impression", entry);
    shown[place] = { entry, impression: tracked };
  }

  function advance(): void {
    waitsFor = undefined;
    forward();
  }

  function forward(): void {
    if (waitsFor !== undefined) return;
    if (at < shown.length) {
      pin(at);
      at++;
    }
    settle();
  }

  /** What follows the trail, without what has had its verdict: its reaction may still be on its way. */
  function upcoming(): Entry<Film>[] {
    const { entries, pinned } = feed.getSnapshot();
    const gone = new Set([...past, ...shown].map(({ entry }) => entry.id));
    return entries.slice(pinned).filter(({ id }) => !gone.has(id));
  }

  /** Starts over with the next list, and records nothing until the person acts: an erased device stays empty. */
  function forget(): void {
    shown = [];
    at = 0;
    waitsFor = undefined;
    past = [];
    isRecording = false;
    erasedList = feed.getSnapshot().id;
    changed();
  }

  return {
    get trail() {
      return shown.map(({ entry }) => entry);
    },
    get current() {
      return shown[at]?.entry;
    },
    get next() {
      return upcoming().slice(0, FILMS_AHEAD);
    },
    get canUndo() {
      return past.length > 0;
    },
    verdictOf: (id) => past.findLast(({ entry }) => entry.id === id)?.verdict,
    judge(verdict, entry) {
      const before = past.find((each) => each.entry.id === entry.id);
      if (before?.verdict === verdict) return false;
      // Another word on the same film takes the place of the first.
      if (before) recommender.undo(before.event);
      past = past.filter((each) => each !== before);
      isRecording = true;
      if (at < shown.length) pin(at);
      const current = shown[at]?.entry;
      if (entry.id !== current?.id) {
        // A row of the feed goes by its id: a verdict on the entry would pin everything above it.
        const isRow = entry.list === feed.getSnapshot().id;
        const event = recommender.track(verdict, isRow ? entry.id : entry);
        past.push({ event, verdict, entry, onScreen: false });
        changed();
        return true;
      }
      const event = recommender.track(verdict, current);
      past.push({ event, verdict, entry: current, onScreen: true });
      waitsFor = event;
      setTimeout(() => waitsFor === event && advance(), REACTION_PATIENCE_MS);
      changed();
      return true;
    },
    undo() {
      const last = past.pop();
      if (!last) return undefined;
      if (waitsFor === last.event) waitsFor = undefined;
      const place = last.onScreen ? shown.findIndex(({ entry }) => entry.id === last.entry.id) : -1;
      if (place >= 0) {
        // The film that came after it, and had no verdict, goes back into the list, unseen.
        if (place === shown.length - 2) {
          const { impression } = shown.pop()!;
          if (impression !== undefined) recommender.undo(impression);
        }
        at = place;
      }
      recommender.undo(last.event);
      changed();
      return last.entry;
    },
    forward,
    back() {
      if (waitsFor !== undefined || at === 0) return;
      at--;
      changed();
    },
    goTo(id) {
      const place = shown.findIndex(({ entry }) => entry.id === id);
      if (place >= 0 && place !== at && waitsFor === undefined) {
        at = place;
        changed();
      } else if (place < 0 && shown.length > 0) {
        at = shown.length - 1;
        forward();
      }
    },
  };
}
