/**
 * Has the edge put a release's vectors into the index that it searches, step by step, and waits until they can be found. An
 * edge that searches in memory, which is the rule, says at once that there is nothing to do.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NearfeedError } from "../../shared/errors.ts";
import type { EdgeClient } from "./edge-client.ts";

export interface VectorsOptions {
  readonly onItems?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds to wait, injected for tests. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

/** Writes show after seconds, mostly. */
const ASK_EVERY_MS = 2_000;

/** Vectorize takes 200,000 vectors a job, and its documentation speaks of minutes for several jobs. */
const WAIT_AT_MOST_MS = 15 * 60_000;

/** @throws NearfeedError `edge_failed` where the edge refuses, or the vectors do not show in time */
export async function uploadVectors(client: EdgeClient, release: string, options: VectorsOptions = {}): Promise<void> {
  const { onItems, signal, wait = (ms, ends) => sleep(ms, undefined, { signal: ends }) } = options;
  let from = 0;
  for (let waitedMs = 0; waitedMs <= WAIT_AT_MOST_MS;) {
    const { items, next, ready } = await client.putVectors(release, from);
    if (ready) return;
    if (next === null) {
      await wait(ASK_EVERY_MS, signal);
      waitedMs += ASK_EVERY_MS;
      continue;
    }
    from = next;
    onItems?.(from, items);
  }
  throw new NearfeedError("edge_failed", `The vectors of release ${release} were sent and do not show in the index`, {
    hint: "Publish again later: what was sent is not lost, and the active release is as it was.",
  });
}
