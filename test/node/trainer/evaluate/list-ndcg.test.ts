import { expect, test } from "vitest";
import { listNdcg } from "../../../../trainer/evaluate/list-ndcg.ts";

const NONE = new Uint8Array(5);

test("of two wanted items at the first and the third place it is (1 + 1/2) over (1 + 1/log2 3)", () => {
  const scores = [9, 1, 7, 8, 0];
  expect(listNdcg(scores, new Set([0, 2]), NONE)).toBeCloseTo(1.5 / (1 + 1 / Math.log2(3)), 12);
});

test("what is seen takes no place, and cannot be reached", () => {
  const seen = Uint8Array.of(1, 0, 0, 0, 0);
  expect(listNdcg([9, 1, 7, 8, 0], new Set([3]), seen)).toBe(1);
  expect(listNdcg([9, 1, 7, 8, 0], new Set([0]), seen)).toBe(0);
});

test("an item beyond the tenth place is none, and of more than ten wanted ones ten are all one can show", () => {
  const scores = Float32Array.from({ length: 20 }, (_, row) => -row);
  expect(listNdcg(scores, new Set([10]), new Uint8Array(20))).toBe(0);
  expect(listNdcg(scores, new Set(Array.from({ length: 15 }, (_, row) => row)), new Uint8Array(20))).toBe(1);
});
