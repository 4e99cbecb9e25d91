/** The slower devices that suites measure besides: the same with a quarter and a sixth of a core. */
import { createCpuQuota } from "./cpu-quota.ts";
import type { CpuQuota } from "./cpu-quota.ts";

/** A quarter of a server's core is about a mid-range phone, a sixth about an old one. */
const PARTS = [4, 6];

/** @returns what `measure` yields for each share of a core; nothing, and a message, where quotas cannot be set */
export async function* onSlowCores<R>(
  measure: (quota: CpuQuota, variant: string) => AsyncIterable<R>,
): AsyncIterable<R> {
  for (const parts of PARTS) {
    const quota = await createCpuQuota(parts);
    if (!quota) {
      console.error(`skipped: 1/${parts} of a core needs Linux control groups and root`);
      continue;
    }
    try {
      yield* measure(quota, `cpu-1-${parts}`);
    } finally {
      await quota.end();
    }
  }
}
