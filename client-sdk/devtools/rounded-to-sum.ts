/** Rounding that adds up: figures that people can check by adding them. No DOM. */

/** Rounds parts to so many digits that they sum to the rounded whole: the largest remainders are rounded up first. */
export function roundedToSum(parts: readonly number[], whole: number, digits: number): number[] {
  const unit = 10 ** digits;
  const low = parts.map((part) => Math.floor(part * unit));
  const missing = Math.round(whole * unit) - low.reduce((sum, part) => sum + part, 0);
  const remainder = (i: number) => parts[i]! * unit - low[i]!;
  const byRemainder = [...parts.keys()].sort((a, b) => remainder(b) - remainder(a));
  for (const i of byRemainder.slice(0, Math.max(0, missing))) low[i]!++;
  return low.map((part) => part / unit);
}
