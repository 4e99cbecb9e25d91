/**
 * `nearfeed import`: a release from item vectors that were made elsewhere. It is `train --vectors` with the vectors first; all
 * but the vectors is learnt from the log as ever.
 */
import type { Command } from "./command.ts";
import { train } from "./train.ts";

const { vectors: _, ...options } = train.options;

export const importVectors: Command = {
  summary: "make a release from item vectors made elsewhere, and logs",
  usage: "import <vectors> <files…> [--items FILES] [--out DIR] [options]",
  options,
  notes: [
    "Vectors are Parquet, CSV or NDJSON, one row an item: its id (item, id, item_id, …) and a list of numbers (vector, features, embedding, factors), as Spark's ALS or a two-tower network gives them.",
    "People are folded in against them by ridge regression, so a person must have liked what the product of two vectors is high for. Vectors must not have been learnt from what is held out.",
    ...(train.notes ?? []),
  ],
  positionals: [2, Infinity],
  run: ({ positionals: [vectors, ...files], ...input }) =>
    train.run({ ...input, positionals: files, values: { ...input.values, vectors: [vectors] } }),
};
