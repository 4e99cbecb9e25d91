/** The app's own clock and randomness, where they work: a host page may have replaced them by anything. */
import type { Clock, Random } from "../shared/runtime.ts";

/** What an id has room for; later than the year 10,000. */
const MAX_MS = 2 ** 48 - 1;

/** Epoch ms, whole: of the app's clock where that gives some, else of the browser's. Never throws. */
export function clockOf(own: Clock = Date.now): Clock {
  return () => {
    for (const read of [own, Date.now]) {
      try {
        const ms = read();
        if (ms >= 0 && ms <= MAX_MS) return Math.floor(ms);
      } catch {
        // The next one.
      }
    }
    return Math.floor(performance.timeOrigin + performance.now());
  };
}

/** In [0, 1), whatever the app's own gives. Never throws. */
export function randomOf(own: Random = Math.random): Random {
  return () => {
    try {
      const drawn = own();
      if (drawn >= 0 && drawn < 1) return Number(drawn);
    } catch {
      // As where it gives nonsense.
    }
    return Math.random();
  };
}
