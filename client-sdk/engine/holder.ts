/**
 * Holds the release in use and exchanges it: one exchange after the other, each between two lists. What a release is made
 * of is decided in `held.ts`, where it comes from in `sync/releases.ts`.
 */
import type { Floor } from "../types.ts";
import type { Held } from "./held.ts";

/**
 * Takes into use what is made of what is in use then; undefined changes nothing.
 *
 * @param waitedMs for how long lists had to wait for it so far, while it was decoded
 * @throws NearfeedError where the new graphs do not run; what was in use stays
 */
export type Hold = (next: (current: Held | undefined) => Held | undefined, waitedMs?: number) => Promise<void>;

export interface HolderOptions {
  /** The deep model to run with what is about to be taken into use; undefined where there is none for now. */
  readonly prepare: (next: Held) => Promise<Held["deep"]>;
  /**
   * What was prepared for is in use; lists are made from it from now on.
   *
   * @param waitedSince when they would have begun to wait had they waited in one go, by `performance.now()`
   */
  readonly taken: (next: Held, previous: Held | undefined, waitedSince: number) => void;
}

export interface Holder {
  /** What lists are made from just now. */
  readonly held: Held | undefined;
  /** Counts the exchanges of the items in use. */
  readonly edition: number;
  /** Resolves when something is in use. */
  readonly first: Promise<void>;
  readonly hold: Hold;
  /** Goes on without the deep model that failed, where it is still the one in use. */
  withoutDeep(failed: Held): void;
}

export function createHolder({ prepare, taken }: HolderOptions): Holder {
  let held: Held | undefined;
  let edition = 0;
  let last: Promise<void> = Promise.resolve();
  let hasFirst: () => void;
  const first = new Promise<void>((resolve) => (hasFirst = resolve));

  async function take(next: Held | undefined, waitedMs: number): Promise<void> {
    if (!next) return;
    const previous = held;
    const deep = await prepare(next);
    // Until now lists were made from what was in use.
    const waitedSince = performance.now() - waitedMs;
    held = { ...next, deep };
    if (previous?.items !== next.items || previous.model !== next.model) edition++;
    taken(held, previous, waitedSince);
    hasFirst();
  }

  return {
    get held() {
      return held;
    },
    get edition() {
      return edition;
    },
    first,
    hold(next, waitedMs = 0) {
      const done = last.then(() => take(next(held), waitedMs));
      last = done.catch(() => {});
      return done;
    },
    withoutDeep(failed) {
      if (held && held.deep === failed.deep) held = { ...held, deep: undefined };
    },
  };
}

export function floorOf(held: Held | undefined): Floor {
  if (!held?.model) return "start";
  return held.deep ? "deep" : "linear";
}
