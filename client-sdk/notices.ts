/** Who listens to which notices. A listener that throws is the app's error, reported as such, and stops nothing. */
import { NearfeedError } from "../shared/errors.ts";
import type { Notices } from "./types.ts";

export interface NoticeBoard {
  on<K extends keyof Notices>(kind: K, listener: (notice: Notices[K]) => void): () => void;
  emit<K extends keyof Notices>(kind: K, notice: Notices[K]): void;
}

export function createNotices(): NoticeBoard {
  const listeners = new Map<keyof Notices, Set<(notice: never) => void>>();

  function emit<K extends keyof Notices>(kind: K, notice: Notices[K]): void {
    // A copy: a listener may add another one.
    const told = Array.from(listeners.get(kind) ?? []) as ((notice: Notices[K]) => void)[];
    for (const listener of told) guarded(() => listener(notice));
  }

  return {
    on(kind, listener) {
      const refused = listenerError(listener);
      if (refused) {
        emit("error", refused);
        return () => {};
      }
      const own = (notice: Parameters<typeof listener>[0]) => listener(notice);
      const kindly = listeners.get(kind) ?? new Set();
      listeners.set(kind, kindly.add(own));
      return () => void kindly.delete(own);
    },
    emit,
  };
}

/** Why this cannot be called later; undefined where it can. */
export function listenerError(listener: unknown): NearfeedError | undefined {
  if (typeof listener === "function") return undefined;
  return new NearfeedError("bad_option", `listener must be a function, got ${typeof listener}`, { path: "listener" });
}

/** Lets an app's function throw where it is seen, in a turn of its own, and not in the middle of our work. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
