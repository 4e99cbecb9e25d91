import { expect, test } from "vitest";
import { CONTEXT_SIZE, MOMENT_SIZE, SURFACE_COLUMN, SURFACE_COUNT } from "../../../../trainer/deep/model-shape.ts";
import { fillUnmetSurfaces } from "../../../../trainer/deep/unmet-surfaces.ts";

const WIDTH = 2;
const values = Float32Array.from({ length: MOMENT_SIZE * WIDTH }, (_, i) => i);
const weights = { moment: { shape: [MOMENT_SIZE, WIDTH], values } };

/** One moment on each. */
function contextsOn(...surfaces: number[]): Float32Array {
  const rows = new Float32Array(surfaces.length * CONTEXT_SIZE);
  surfaces.forEach((surface, i) => (rows[i * CONTEXT_SIZE + SURFACE_COLUMN] = surface));
  return rows;
}

/** Which surface's row stands at each surface's. */
function rowsOf(contexts: readonly Float32Array[]): number[] {
  const { values: filled } = fillUnmetSurfaces(weights, "moment", contexts)["moment"]!;
  const first = MOMENT_SIZE - SURFACE_COUNT;
  expect(filled.subarray(0, first * WIDTH)).toEqual(values.subarray(0, first * WIDTH));
  return Array.from({ length: SURFACE_COUNT }, (_, s) => filled[(first + s) * WIDTH]! / WIDTH - first);
}

test("surfaces that training has not met get what is added on the one it met most", () => {
  expect(rowsOf([contextsOn(0, 0, 0)])).toEqual([0, 0, 0, 0]);
  expect(rowsOf([contextsOn(2), contextsOn(1, 2)])).toEqual([2, 1, 2, 2]);
  expect(rowsOf([contextsOn(0, 1, 2, 3)])).toEqual([0, 1, 2, 3]);
});
