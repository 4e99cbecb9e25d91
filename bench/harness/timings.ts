/** Turns measurements into a row. */
import type { TimedRow } from "../schema.ts";

/** @param samples in the row's unit, in any order */
export function timedRow(
  row: Pick<TimedRow, "id" | "unit" | "variant" | "seed" | "note">,
  samples: readonly number[],
): TimedRow {
  const sorted = [...samples].sort((a, b) => a - b);
  return { ...row, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), n: sorted.length };
}

/** The same with p99, for what is measured often enough to have one. */
export function timedTailRow(row: Parameters<typeof timedRow>[0], samples: readonly number[]): TimedRow {
  const sorted = [...samples].sort((a, b) => a - b);
  return { ...timedRow(row, sorted), p99: percentile(sorted, 0.99) };
}

/** Nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}
