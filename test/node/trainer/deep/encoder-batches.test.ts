import { expect, test } from "vitest";
import type { DeepSequence } from "../../../../trainer/deep/deep-input.ts";
import { cutWindows, lastWindows, targetBatch } from "../../../../trainer/deep/encoder-batches.ts";

const ROWS = 52;

/** Items 0, 1, 2, …, all liked. */
function sequenceOf(length: number): DeepSequence {
  return {
    item: Uint32Array.from({ length }, (_, i) => i),
    signal: Float32Array.from({ length: 4 * length }, (_, i) => (i % 4 < 2 ? 1 : 0)),
    at: Float64Array.from({ length }, (_, i) => i * 3_600_000),
    context: new Float32Array(5 * length),
  };
}

test.each([2, 30, 53, 54, 200])("of %i events each but the first is a target, most of them once", (length) => {
  const windows = cutWindows([sequenceOf(length)], ROWS);
  const times = new Uint8Array(length);
  for (const { from, to, targetsFrom } of windows) {
    expect(to - from).toBeLessThanOrEqual(ROWS);
    for (let e = Math.max(from, targetsFrom); e < to; e++) times[e + 1]++;
  }
  expect(times[0]).toBe(0);
  times.subarray(1).forEach((count) => expect([1, 2]).toContain(count));
  expect(times.filter((count) => count === 2).length).toBeLessThanOrEqual(4 * (windows.length - 1));
});

test("a target is asked for with at least eight events before it, where there are as many", () => {
  for (const { from, targetsFrom } of cutWindows([sequenceOf(300)], ROWS)) {
    if (from > 0) expect(targetsFrom - from).toBe(8);
  }
});

test("what is held out is asked for and nothing else; who has nothing held out is not", () => {
  const held = [60, 0, 3].map((count) => ({ sequence: sequenceOf(100), targetsFrom: 100 - count }));
  const windows = lastWindows(held, ROWS);
  expect(windows.map(({ from, to, targetsFrom }) => [from, to, targetsFrom])).toEqual([
    [47, 99, 39],
    [47, 99, 96],
  ]);
});

const OTHERS = { item: Float32Array.of(0, 3, 2, -2), logExpected: new Float32Array(4), logExpectedOf: () => 0 };
const VECTORS = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test("a batch holds each event beside the next one, the newest in the last row", () => {
  const [window] = cutWindows([sequenceOf(3)], 4);
  const sizes = { size: 1, rows: 4, dim: 2, others: 4 };
  const batch = targetBatch([window], VECTORS, sizes, () => OTHERS);
  expect([...batch.eventItem]).toEqual([-1, -1, 0, 1]);
  expect([...batch.targetItem]).toEqual([-1, -1, 1, 2]);
  expect([...batch.weight]).toEqual([0, 0, 1, 1]);
  expect([...batch.history.vector]).toEqual([0, 0, 0, 0, 1, 2, 3, 4]);
  expect([...batch.target]).toEqual([0, 0, 0, 0, 3, 4, 5, 6]);
  // A row an item, none in the last.
  expect([...batch.other]).toEqual([1, 2, 7, 8, 5, 6, 0, 0]);
});
