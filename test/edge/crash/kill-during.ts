/** A `fetch` that has the edge killed in the middle of one of its requests. */
import { setTimeout as sleep } from "node:timers/promises";

export interface Killing {
  readonly fetch: typeof fetch;
  /**
   * Resolves when the edge is dead. It is killed now where there was no such request.
   * @returns whether it was killed in the middle of one
   */
  killed(): Promise<boolean>;
}

/**
 * @param kill kills the edge
 * @param at the number of the request, from 0
 * @param delayMs from its beginning
 */
export function killDuring(kill: () => Promise<void>, at: number, delayMs: number): Killing {
  let count = 0;
  let underWay = 0;
  let killing: Promise<boolean> | undefined;

  async function killNow(): Promise<boolean> {
    const isUnderWay = underWay > 0;
    await kill();
    return isUnderWay;
  }

  return {
    async fetch(url, init) {
      if (count++ === at) setTimeout(() => (killing ??= killNow()), delayMs);
      underWay++;
      try {
        const answer = await fetch(url, init);
        const bytes = init?.method === "HEAD" ? null : await answer.arrayBuffer();
        return new Response(bytes, answer);
      } finally {
        underWay--;
      }
    },
    async killed() {
      // The request may have been answered before its delay was over.
      if (count > at && killing === undefined) await sleep(delayMs);
      return (killing ??= killNow());
    },
  };
}
