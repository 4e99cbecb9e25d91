/**
 * What is on the page: the film in the middle, the films after it, and what can be undone. It talks to the recommender
 * and draws nothing.
 *
 * The film in the middle is pinned by its impression, so that a new order never swaps it under a thumb. The next one is
 * taken only after the reaction to the last event: it is the first of the new order, not of the old one.
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
  readonly entry: Entry<Film>;
  /** The impression that put the film into the middle; absent where the verdict was given in a list. */
  readonly impression?: string;
}

interface Shown {
  readonly entry: Entry<Film>;
  readonly impression?: string;
}

export interface Session {
  /** The film in the middle; absent while the first list is made, and where there is none. */
  readonly current: Entry<Film> | undefined;
  /** The films after it, in order. */
  readonly next: readonly Entry<Film>[];
  readonly canUndo: boolean;
  /** Whether this event is one that the person gave, not an impression. */
  isVerdict(event: string): boolean;
  judge(verdict: Verdict, entry: Entry<Film>): void;
  undo(): void;
  /** Before an erase: starts over with the next list, and records nothing until the next verdict. */
  forget(): void;
}

/** Films shown after the one in the middle. */
export const FILMS_AHEAD = 20;

/** @param changed called when there is something new to draw */
export function createSession(recommender: Recommender<Film>, feed: Feed<Film>, changed: () => void): Session {
  let shown: Shown | undefined;
  let waitsFor: string | undefined;
  let past: Past[] = [];
  let isRecording = true;
  let erasedList: string | undefined;
  const impressions = new Set<string>();

  recommender.on("reaction", ({ event }) => {
    if (event === waitsFor) advance();
  });
  feed.subscribe(settle);
  settle();

  /** Fills the empty middle, unless a new order is on its way. */
  function settle(): void {
    const isErased = feed.getSnapshot().id === erasedList;
    if (!shown && waitsFor === undefined && !isErased) show(upcoming()[0]);
    changed();
  }

  function show(entry: Entry<Film> | undefined): void {
    if (!entry) return;
    shown = { entry };
    if (isRecording) pin(entry);
  }

  function pin(entry: Entry<Film>): void {
    const impression = recommender.track("impression", entry);
    impressions.add(impression);
    shown = { entry, impression };
  }

  function advance(): void {
    waitsFor = undefined;
    shown = undefined;
    settle();
  }

  /** What follows the pinned entries, without what has had its verdict: its reaction may still be on its way. */
  function upcoming(): Entry<Film>[] {
    const { entries, pinned } = feed.getSnapshot();
    const judged = new Set(past.map(({ entry }) => entry.id));
    return entries.slice(pinned).filter(({ id }) => !judged.has(id) && id !== shown?.entry.id);
  }

  return {
    get current() {
      return shown?.entry;
    },
    get next() {
      return upcoming().slice(0, FILMS_AHEAD);
    },
    get canUndo() {
      return past.length > 0;
    },
    isVerdict: (event) => !impressions.has(event),
    judge(verdict, entry) {
      if (past.some((each) => each.entry.id === entry.id)) return;
      isRecording = true;
      if (shown && shown.impression === undefined) pin(shown.entry);
      if (!shown || entry.id !== shown.entry.id) {
        // A row of the feed goes by its id: a verdict on the entry would pin everything above it.
        const isRow = entry.list === feed.getSnapshot().id;
        past.push({ event: recommender.track(verdict, isRow ? entry.id : entry), entry });
        return changed();
      }
      const event = recommender.track(verdict, entry);
      past.push({ event, ...shown });
      waitsFor = event;
      setTimeout(() => waitsFor === event && advance(), REACTION_PATIENCE_MS);
      changed();
    },
    undo() {
      const last = past.pop();
      if (!last) return;
      // The film that came after it goes back into the list, unseen.
      if (last.impression !== undefined) {
        if (shown?.impression !== undefined && shown.impression !== last.impression) recommender.undo(shown.impression);
        shown = { entry: last.entry, impression: last.impression };
        waitsFor = undefined;
      }
      recommender.undo(last.event);
      changed();
    },
    forget() {
      shown = undefined;
      waitsFor = undefined;
      past = [];
      isRecording = false;
      erasedList = feed.getSnapshot().id;
      impressions.clear();
      changed();
    },
  };
}
