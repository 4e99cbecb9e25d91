/**
 * Elects one tab among those that stand in the same election: the one that holds a lock. A tab that the browser has
 * frozen keeps its lock and does nothing, so the leader says every so often that it lives; when it is silent, and stays
 * so when asked, another tab steals the lock.
 *
 * Where there are no locks (plain http on a LAN, old browsers) every tab leads: what only one should do is then done by
 * each, and the edge counts an event once however often it comes.
 */

/** How often the leader says that it leads. */
export const BEAT_MS = 2_000;
/** Three beats missed: it is frozen, or so busy that another tab had better do the work. */
export const SILENCE_MS = 3 * BEAT_MS + 500;
/** Time to answer before the lock is stolen. A tab that slept through the beats finds out here that it did. */
export const ANSWER_MS = 1_000;

export interface ElectionOptions {
  /** The name of the lock. */
  readonly name: string;
  /** Undefined where the browser has none. */
  readonly locks: Pick<LockManager, "request"> | undefined;
  /** Undefined where nothing could be heard: then nobody is silent, and nothing is stolen. */
  readonly say: ((what: "leading" | "who-leads") => void) | undefined;
  /** This tab begins to lead, or leads no more. */
  readonly changed: (leads: boolean) => void;
}

export interface Election {
  readonly leads: boolean;
  /** Another tab has said that it leads, or asks who does. */
  heard(what: "leading" | "who-leads"): void;
  /** Leaves the election; another tab takes over at once. */
  leave(): void;
}

/** Stands in an election. */
export function standInElection({ name, locks, say, changed }: ElectionOptions): Election {
  let leads = false;
  let left = false;
  let resign: (() => void) | undefined;
  let waiting: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(next: boolean): void {
    if (leads === next) return;
    leads = next;
    changed(next);
  }

  /** The lock is held until the promise resolves, or until another tab steals it. */
  function lead(): Promise<void> {
    if (left) return Promise.resolve();
    set(true);
    beat();
    return new Promise((resolve) => (resign = resolve));
  }

  function beat(): void {
    clearTimeout(timer);
    if (!leads) return;
    say?.("leading");
    timer = setTimeout(beat, BEAT_MS);
  }

  function watch(): void {
    if (leads || left || !say) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      say("who-leads");
      timer = setTimeout(() => void stand({ steal: true }), ANSWER_MS);
    }, SILENCE_MS);
  }

  async function stand(how: { steal?: true } = {}): Promise<void> {
    waiting?.abort();
    waiting = new AbortController();
    const { signal } = waiting;
    watch();
    try {
      // The two options exclude each other; a theft does not wait, so there is nothing to call off.
      await locks!.request(name, how.steal ? how : { signal }, lead);
    } catch (error) {
      // Stolen, or called off for a theft of our own; anything else means that locks do not work here.
      if (!(error instanceof DOMException && error.name === "AbortError")) return set(!left);
    }
    if (left || signal.aborted) return;
    set(false);
    void stand();
  }

  if (locks) void stand();
  else set(true);

  return {
    get leads() {
      return leads;
    },
    heard(what) {
      if (what === "leading") watch();
      else if (leads) say?.("leading");
    },
    leave() {
      left = true;
      clearTimeout(timer);
      waiting?.abort();
      set(false);
      resign?.();
    },
  };
}
