/**
 * Surfaces that no moment of training was on. Nothing teaches what they add, so that they would add what chance has put there: they get what
 * is added on the surface of most moments. What a log calls its own surfaces (`Heads`) may be more than these networks tell apart: the ranker
 * that learns those does not read them.
 */
import type { Weights } from "./jax.ts";
import { CONTEXT_SIZE, MOMENT_SIZE, SURFACE_COLUMN, SURFACE_COUNT } from "./model-shape.ts";

/** Row of the first surface among those of the moment. */
const FIRST = MOMENT_SIZE - SURFACE_COUNT;

/**
 * @param name of the weights that the moment's columns are multiplied with, `[MOMENT_SIZE, width]`
 * @param contexts rows of `CONTEXT_SIZE` each
 */
export function fillUnmetSurfaces(weights: Weights, name: string, contexts: Iterable<Float32Array>): Weights {
  const met = new Array<number>(SURFACE_COUNT).fill(0);
  for (const rows of contexts) {
    for (let at = SURFACE_COLUMN; at < rows.length; at += CONTEXT_SIZE) if (rows[at] < SURFACE_COUNT) met[rows[at]]++;
  }
  const most = met.indexOf(Math.max(...met));
  const {
    shape: [, width],
    values,
  } = weights[name];
  const filled = values.slice();
  const rowAt = (surface: number) => (FIRST + surface) * width;
  for (let surface = 0; surface < SURFACE_COUNT; surface++) {
    if (met[surface] === 0) filled.copyWithin(rowAt(surface), rowAt(most), rowAt(most + 1));
  }
  return { ...weights, [name]: { shape: weights[name].shape, values: filled } };
}
