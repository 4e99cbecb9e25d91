/** Names what a release is made of, so that the same is not trained, or refused, twice. */
import { createHash } from "node:crypto";
import type { Dataset } from "../read/dataset.ts";

/** A hash of all that training reads of a dataset: however the files are cut, the same events and items have the same one. */
export function datasetHash({ users, items, events, surfaces, ordered, timed }: Dataset): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ users, items, surfaces, ordered, timed }));
  const { start, item, at, kinds, value, dwellMs, fraction, finished, position, propensity, surface, saysAll } = events;
  const columns = [start, item, at, kinds, value, dwellMs, fraction, finished, position, propensity, surface, saysAll];
  for (const column of columns) {
    if (column === undefined) continue;
    const { buffer, byteOffset, byteLength } = column;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

/** What decides a release beside its data: two of one recipe are the same but for the time they were made. */
export interface Recipe {
  /** Of {@link datasetHash}. */
  readonly data: string;
  /** The active release that it was compared with; null where there was none. */
  readonly against: string | null;
  readonly seed: number;
  readonly deep: boolean;
  /** Whether it learnt from what was shown. */
  readonly exposures: boolean;
  /** The weights it was given; null where they were tuned. */
  readonly fit: object | null;
  /** Of the trainer. */
  readonly version: string;
}

export function recipeHash({ data, against, seed, deep, exposures, fit, version }: Recipe): string {
  return createHash("sha256")
    .update(JSON.stringify([data, against, seed, deep, exposures, fit, version]))
    .digest("hex");
}
