// What was counted since it was read last. Plain sums; what they are of is where they are counted.

/** By name. A name has the kind first: `request:GET /v1/manifest 200`, `object:EventStore.insert`, `bucket-a:put events`. */
export type Meter = Record<string, number>;

let counts: Meter = {};

/** What reads sums that are not in the counts yet. */
const pending: (() => void)[] = [];

/** Adds to a count. */
export function meter(name: string, added = 1): void {
  counts[name] = (counts[name] ?? 0) + added;
}

/** Has `settle` called before the counts are read. */
export function beforeReading(settle: () => void): void {
  pending.push(settle);
}

/** The counts; they begin anew. */
export function readMeter(): Meter {
  for (const settle of pending) settle();
  const read = counts;
  counts = {};
  return read;
}
