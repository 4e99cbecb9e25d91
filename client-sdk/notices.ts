/** Who listens to which notices. A listener that throws is the app's error, reported as such, and stops nothing. */
import type { Notices } from "./types.ts";

export interface NoticeBoard {
  on<K extends keyof Notices>(kind: K, listener: (notice: Notices[K]) => void): () => void;
  emit<K extends keyof Notices>(kind: K, notice: Notices[K]): void;
}

export function createNotices(): NoticeBoard {
  const listeners = new Map<keyof Notices, Set<(notice: never) => void>>();
  return {
    on(kind, listener) {
      const own = (notice: Parameters<typeof listener>[0]) => listener(notice);
      const kindly = listeners.get(kind) ?? new Set();
      listeners.set(kind, kindly.add(own));
      return () => void kindly.delete(own);
    },
    emit(kind, notice) {
      for (const listener of listeners.get(kind) ?? []) guarded(() => (listener as (n: typeof notice) => void)(notice));
    },
  };
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
