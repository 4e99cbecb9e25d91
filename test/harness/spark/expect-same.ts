/** What two ways of computing must agree in: numbers to a millionth, and lists but for equals at their end. */
import { expect } from "vitest";
import type { NeighbourLists } from "../../../trainer/items/neighbours.ts";

/** Relative above 1, absolute below. */
const CLOSE = 1e-6;

export function near(got: number, wanted: number): void {
  expect(isNear(got, wanted), `got ${got}, expected ${wanted}`).toBe(true);
}

/** Lists of the same items. Equals may stand in another order, and at the end of a full list for each other. */
export function expectSameNeighbours(got: NeighbourLists, wanted: NeighbourLists): void {
  const { perItem } = wanted;
  expect(got.perItem).toBe(perItem);
  expect(got.weight.length).toBe(wanted.weight.length);
  expect(wanted.weight.some((weight) => weight > 0)).toBe(true);
  for (let from = 0; from < wanted.weight.length; from += perItem) {
    const to = from + perItem;
    wanted.weight.subarray(from, to).forEach((weight, slot) => near(got.weight[from + slot], weight));
    const weights = ({ neighbour, weight }: NeighbourLists) =>
      new Map(Array.from(neighbour.subarray(from, to), (other, slot) => [other, weight[from + slot]]));
    const theirs = weights(got);
    const last = wanted.weight[to - 1];
    for (const [other, weight] of weights(wanted)) if (!isNear(weight, last)) near(theirs.get(other) ?? NaN, weight);
  }
}

function isNear(got: number, wanted: number): boolean {
  return Math.abs(got - wanted) <= CLOSE * Math.max(1, Math.abs(wanted));
}
