/**
 * What the panel knows: everything the recommender reports, and what it answers when it is asked after a change. It draws
 * nothing.
 */
import type { NearfeedError } from "../../shared/errors.ts";
import type { Inspection } from "../inspection.ts";
import type { Entry, Explanation, Notices, ProfileSummary, Recommender } from "../types.ts";

/** Requests, reactions and errors that are remembered: as many as anybody reads. */
const REMEMBERED = 200;
/** The worker is asked when nothing has happened for so long: what the person waits for comes first. */
const SETTLE_MS = 60;
/** And while things go on happening, at least this often. */
const PATIENCE_MS = 500;

/** A request that left, and when. */
export interface SentRequest extends Readonly<Notices["sent"]> {
  /** Epoch ms. */
  readonly at: number;
}

/** An error, and when it came. */
export interface SeenError {
  readonly at: number;
  readonly error: NearfeedError;
}

/** The profile at one moment of this visit. */
export interface ProfilePoint {
  readonly positives: number;
  /** Category → taste. */
  readonly taste: ReadonlyMap<string, number>;
}

export interface Watched<T> {
  readonly current: Entry<T> | undefined;
  readonly next: readonly Entry<T>[];
  readonly profile: ProfileSummary | undefined;
  readonly inspection: Inspection | undefined;
  /** Of `current`; undefined until it is known. */
  readonly explanation: Explanation<T> | undefined;
  /** Oldest first. */
  readonly reactions: readonly Notices["reaction"][];
  /** How many requests left during the last reaction. */
  readonly requestsInReaction: number;
  readonly requests: readonly SentRequest[];
  /** How many have left since the panel was mounted, and how many events of the person they held. */
  readonly requestCount: number;
  readonly eventCount: number;
  readonly errors: readonly SeenError[];
  readonly history: readonly ProfilePoint[];
  readonly lastSwap: Notices["release"] | undefined;
}

export interface Watch<T> extends Disposable {
  readonly state: Watched<T>;
  show(current: Entry<T> | undefined, next: readonly Entry<T>[]): void;
  /** Asks the recommender anew, soon. */
  refresh(): void;
}

/** @param changed called when there is something new to draw */
export function createWatch<T>(recommender: Recommender<T>, changed: () => void): Watch<T> {
  const state = {
    current: undefined as Entry<T> | undefined,
    next: [] as readonly Entry<T>[],
    profile: undefined as ProfileSummary | undefined,
    inspection: undefined as Inspection | undefined,
    explanation: undefined as Explanation<T> | undefined,
    reactions: [] as Notices["reaction"][],
    requestsInReaction: 0,
    requests: [] as SentRequest[],
    requestCount: 0,
    eventCount: 0,
    errors: [] as SeenError[],
    history: [] as ProfilePoint[],
    lastSwap: undefined as Notices["release"] | undefined,
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueBy = 0;
  let generation = 0;
  /** Nothing can be learnt any more: the panel is gone, or the recommender was closed. */
  let isOver = false;

  function refresh(): void {
    if (isOver) return;
    const now = performance.now();
    if (timer === undefined) dueBy = now + PATIENCE_MS;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), Math.max(0, Math.min(SETTLE_MS, dueBy - now)));
  }

  async function ask(): Promise<void> {
    timer = undefined;
    const asked = ++generation;
    const { current } = state;
    const [profile, inspection, explanation] = await Promise.all([
      recommender.profile.get(),
      recommender.inspect(),
      current && recommender.explain(current),
    ]);
    if (asked !== generation) return;
    Object.assign(state, { profile, inspection });
    if (current === state.current) state.explanation = explanation;
    noteHistory(profile);
    changed();
  }

  function noteHistory(profile: ProfileSummary): void {
    const last = state.history.at(-1);
    const taste = new Map(profile.categories.map((each) => [each.name, each.taste]));
    const same = last?.positives === profile.positives && [...taste].every(([name, x]) => last.taste.get(name) === x);
    if (!same) remember(state.history, { positives: profile.positives, taste });
  }

  const ends = [
    recommender.on("reaction", (notice) => {
      refresh();
      // What is seen changes the order too, but nobody waits for it.
      if (notice.type === "impression") return;
      const startedAt = Date.now() - notice.ms;
      state.requestsInReaction = state.requests.filter(({ at }) => at >= startedAt).length;
      remember(state.reactions, notice);
      changed();
    }),
    recommender.on("sent", (notice) => {
      state.requestCount++;
      state.eventCount += notice.events;
      remember(state.requests, { ...notice, at: Date.now() });
      changed();
    }),
    recommender.on("release", (notice) => {
      state.lastSwap = notice;
      changed();
      refresh();
    }),
    // Not a reason to ask: asking may be what has failed.
    recommender.on("error", (error) => {
      isOver ||= error.code === "closed";
      remember(state.errors, { at: Date.now(), error });
      changed();
    }),
    recommender.on("consent", refresh),
    recommender.on("erased", () => {
      generation++;
      const forgotten = { profile: undefined, inspection: undefined, explanation: undefined, current: undefined };
      Object.assign(state, forgotten, { next: [], reactions: [], history: [] });
      changed();
      refresh();
    }),
  ];

  return {
    state,
    show(current, next) {
      if (isOver) return;
      const isOther = current?.id !== state.current?.id || current?.list !== state.current?.list;
      Object.assign(state, { current, next }, isOther && { explanation: undefined });
      changed();
      refresh();
    },
    refresh,
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
      generation++;
      for (const end of ends) end();
    },
  };
}

/** Appends, and drops the oldest one beyond what is remembered. */
function remember<V>(list: V[], value: V): void {
  list.push(value);
  if (list.length > REMEMBERED) list.shift();
}
