/** How the terminal writes differences with their 95 % intervals. A report has numbers of its own (`report/numbers.ts`). */
import type { Estimate } from "./bootstrap.ts";

/** "+0.0123", with a minus that is as wide as the plus. */
export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}

/** "+0.0123 (+0.0045 to +0.0210)" */
export function formatDifference({ mean, low, high }: Estimate): string {
  return `${signed(mean)} (${signed(low)} to ${signed(high)})`;
}

/** "+0.0123 (95 % interval +0.0045 to +0.0210)", for who has not been told what the bounds are. */
export function formatNamedDifference({ mean, low, high }: Estimate): string {
  return `${signed(mean)} (95 % interval ${signed(low)} to ${signed(high)})`;
}
