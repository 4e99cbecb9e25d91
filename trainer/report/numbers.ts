/** How a report writes numbers: one way for each kind of quantity, with its unit, from which no line break parts it. */

/** "12,345" */
export function count(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** "0.1465", with a minus that is as wide as a plus. */
export function decimal(value: number, digits = 4): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** "+0.0123"; "0.0000" for what rounds to nothing. */
export function signed(value: number, digits = 4): string {
  const text = decimal(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** "12.3 %" */
export function percent(share: number, digits = 1): string {
  return `${decimal(100 * share, digits)}\u00a0%`;
}

/** "+12.3 %" */
export function signedPercent(share: number, digits = 1): string {
  return `${signed(100 * share, digits)}\u00a0%`;
}

/** "123 bytes", "12.3 kB", "1.23 MB" */
export function bytes(value: number): string {
  if (value < 1_000) return `${value}\u00a0bytes`;
  if (value < 1_000_000) return `${(value / 1_000).toFixed(1)}\u00a0kB`;
  return `${(value / 1_000_000).toFixed(2)}\u00a0MB`;
}

/** "3.2 ms" */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : count(value)}\u00a0ms`;
}

/** "1996-03-29", UTC. */
export function day(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/** "2026-11-26 22:53 UTC" */
export function minute(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** "3 hours", "12 days", "21 years": the largest unit of which there are two. */
export function duration(ms: number): string {
  const units = [
    ["year", 365.25 * 86_400_000],
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ] as const;
  const [name, size] = units.find(([, of]) => ms >= 2 * of) ?? (["second", 1_000] as const);
  return `${count(Math.round(ms / size))} ${name}s`;
}
