/** Has an edge carry out the deletion requests that wait, step by step to the end. */
import type { CompactStep } from "../../shared/event-log.ts";
import type { LogClient } from "./log-client.ts";

/** What all steps did together; interrupted, the edge goes on by itself. */
export type CompactReport = Omit<CompactStep, "done">;

export async function compactLogs(
  client: LogClient,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<CompactReport> {
  const sum = { requests: 0, parts: 0, changed: 0, events: 0, damaged: 0 };
  for (let done = false; !done;) {
    signal?.throwIfAborted();
    const step = await client.compact();
    for (const name of Object.keys(sum) as (keyof CompactReport)[]) sum[name] += step[name];
    done = step.done;
  }
  return sum;
}
