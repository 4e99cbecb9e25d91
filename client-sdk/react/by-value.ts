/** Tells when a plain object of options is another one: apps write them inline, so that each render makes a new object. */

/** The same text for objects that say the same, whatever the order of their fields. Functions do not count. */
export function byValue(value: unknown): string {
  try {
    return JSON.stringify(value, (_, each: unknown) => (isPlain(each) ? sorted(each) : each)) ?? "";
  } catch {
    // Not JSON, and refused where it is used.
    return "";
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
