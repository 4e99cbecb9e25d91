import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeepSequence } from "../../../../trainer/deep/deep-input.ts";
import { createDisturber } from "../../../../trainer/deep/disturb-windows.ts";
import { cutWindows, targetBatch } from "../../../../trainer/deep/encoder-batches.ts";
import { createRandom } from "../../../../trainer/math/random.ts";

const ROWS = 20;
const HOUR = 3_600_000;

/** Items from a number on, one an hour; the confidence of each says whose it is. */
function sequenceOf(length: number, first: number, confidence: number): DeepSequence {
  return {
    item: Uint32Array.from({ length }, (_, i) => first + i),
    signal: Float32Array.from({ length: 4 * length }, (_, i) => [1, confidence, 0, 0][i % 4]),
    at: Float64Array.from({ length }, (_, i) => first * 1e9 + i * HOUR),
    context: Float32Array.from({ length: 5 * length }, (_, i) => (i % 5 === 3 ? first + Math.floor(i / 5) : 0)),
  };
}

const [mine] = cutWindows([sequenceOf(ROWS + 1, 0, 1)], ROWS);
const [theirs] = cutWindows([sequenceOf(ROWS + 1, 1000, 0.5)], ROWS);

test("without shares a window stays what it is", () => {
  const disturb = createDisturber([theirs], ROWS, { splices: 0, strays: 0 }, createRandom(1));
  expect(disturb(mine)).toBe(mine);
});

describe("a spliced window", () => {
  test("has the oldest events of one and the newest of another, an hour apart, and asks for none at the seam", () => {
    assert(
      property(integer(), integer({ min: 2, max: 40 }), integer({ min: 2, max: 40 }), (seed, a, b) => {
        const [head] = cutWindows([sequenceOf(a, 0, 1)], ROWS);
        const [tail] = cutWindows([sequenceOf(b, 1000, 0.5)], ROWS);
        const { sequence, from, to, seam } = createDisturber(
          [tail],
          ROWS,
          { splices: 1, strays: 0 },
          createRandom(seed),
        )(head);
        expect([from, sequence.item.length]).toEqual([0, to + 1]);
        expect(to).toBeLessThanOrEqual(ROWS);
        const isTheirs = Array.from(sequence.item, (item) => item >= 1000);
        expect(isTheirs.indexOf(true)).toBe(seam! + 1);
        expect(isTheirs.lastIndexOf(false)).toBe(seam);
        expect(sequence.item[0]).toBe(head.sequence.item[head.from]);
        expect(sequence.item.at(-1)).toBe(tail.sequence.item[tail.to]);
        const gaps = Array.from(sequence.at.subarray(1), (at, i) => at - sequence.at[i]);
        // Where the other's events are its first, nothing says how long they came after anything.
        expect(gaps.every((gap, e) => gap === HOUR || (e === seam && gap === 0))).toBe(true);
        expect(Array.from(sequence.item, (_, e) => sequence.context[5 * e + 3])).toEqual([...sequence.item]);
        expect(Array.from(sequence.item, (_, e) => sequence.signal[4 * e + 1])).toEqual(
          isTheirs.map((is) => (is ? 0.5 : 1)),
        );
      }),
    );
  });

  test("leaves the target at the seam without weight in a batch", () => {
    const window = createDisturber([theirs], ROWS, { splices: 1, strays: 0 }, createRandom(4))(mine);
    const sizes = { size: 1, rows: ROWS, dim: 1, others: 4 };
    const none = { item: new Float32Array(4).fill(-2), logExpected: new Float32Array(4), logExpectedOf: () => 0 };
    const { weight, targetItem } = targetBatch([window], new Float32Array(1100), sizes, () => none);
    const silent = Array.from(weight).flatMap((w, row) => (w === 0 && targetItem[row] >= 0 ? [row] : []));
    expect(silent.map((row) => targetItem[row])).toEqual([window.sequence.item[window.seam! + 1]]);
  });
});

describe("a window with strays", () => {
  test("reads about that share of its events as others' and asks for its own", () => {
    const random = createRandom(2);
    const disturb = createDisturber([theirs], ROWS, { splices: 0, strays: 0.2 }, random);
    let strange = 0;
    const times = 200;
    for (let i = 0; i < times; i++) {
      const { sequence, read = sequence } = disturb(mine);
      expect(sequence).toBe(mine.sequence);
      read.item.forEach((item, e) => {
        const isStray = item >= 1000;
        strange += Number(isStray);
        expect(isStray || item === sequence.item[e]).toBe(true);
        expect(read.signal[4 * e + 1]).toBe(isStray ? 0.5 : 1);
      });
    }
    // 4,000 events: four standard errors are .025.
    expect(Math.abs(strange / (times * ROWS) - 0.2)).toBeLessThan(0.025);
  });

  test("reads them in a batch too, beside the targets that were", () => {
    const window = createDisturber([theirs], ROWS, { splices: 0, strays: 1 }, createRandom(1))(mine);
    const sizes = { size: 1, rows: ROWS, dim: 1, others: 4 };
    const none = { item: new Float32Array(4).fill(-2), logExpected: new Float32Array(4), logExpectedOf: () => 0 };
    const vectors = Float32Array.from({ length: 1100 }, (_, i) => i);
    const { eventItem, history, targetItem } = targetBatch([window], vectors, sizes, () => none);
    expect(eventItem.every((item) => item >= 1000)).toBe(true);
    expect(history.vector).toEqual(eventItem);
    expect([...targetItem]).toEqual(Array.from({ length: ROWS }, (_, i) => i + 1));
  });
});
