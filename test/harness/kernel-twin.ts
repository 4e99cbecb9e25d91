// The property that the scan kernel is held to, in Node and in workerd: the rows of its answer are those of its twin, the
// plain scan and top-k of shared/, for any matrix, any query and any mask. Each runtime passes its own compiled kernel.

import * as fc from "fast-check";
import { createIndexMemory } from "../../edge/retrieval/index-memory.ts";
import type { ScanKernel } from "../../edge/retrieval/scan-kernel.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { scanInto } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import { seeded } from "./small-release.ts";

/** A search, and what it is over. */
export interface KernelCase {
  readonly dim: number;
  readonly vectors: Int8Array;
  readonly scale: Float32Array;
  readonly queries: readonly (readonly number[])[];
  readonly count: number;
  /** `[n]`, or null for all rows. */
  readonly mask: Uint8Array | null;
}

/** What the kernel finds: rows of every query. */
export function kernelRows(kernel: (bytes: number) => ScanKernel, searched: KernelCase): number[][] {
  const { dim, queries, count, mask } = searched;
  const size = searched.scale.length;
  const memory = createIndexMemory(kernel, { fileBytes: size * (4 + dim), items: size, dim });
  const { buffer, byteOffset } = memory.file;
  const scale = new Float32Array(buffer, byteOffset, size);
  const vectors = new Int8Array(buffer, byteOffset + 4 * size, size * dim);
  scale.set(searched.scale);
  vectors.set(searched.vectors);
  if (mask !== null) memory.mask.set(mask);
  const columns = { size, dim, vectors, scale } as ItemColumns; // a search reads no other column
  return memory.search(columns, queries, { count, masked: mask !== null }).map(({ rows }) => [...rows]);
}

/** What it must find. */
export function twinRows({ dim, vectors, scale, queries, count, mask }: KernelCase): number[][] {
  return queries.map((query) => {
    const scores = new Float32Array(scale.length);
    scanInto(vectors, scale, dim, query, scores);
    return [...topK(mask === null ? scores : scores.map((score, row) => (mask[row] === 0 ? -Infinity : score)), count)];
  });
}

/** Sizes at the edges of the kernel's steps of 4 rows and 16 numbers, and those of several blocks of rows. */
const ROWS = [0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 300, 700];
const DIMS = [2, 4, 6, 8, 12, 14, 16, 18, 30, 34, 48, 64, 66, 128, 1024];

/** The ends of float32, and its middle. */
const SCALES = [0, 2 ** -149, 1e-38, 1e-30, 0.01, 1, 1e30, 3.4e38];

/** Up to the largest number of a request, and down to where doubles have no more. */
const MAGNITUDES = [0, 5e-324, 2 ** -901, 2 ** -899, 1e-100, 1e-40, 1e-3, 1, 1e6];

/** Any search. Rows are copies of a few, each changed a little or not at all, so that equal and nearly equal scores abound. */
const kernelCase: fc.Arbitrary<KernelCase> = fc
  .record({
    seed: fc.nat(),
    size: fc.constantFrom(...ROWS),
    dim: fc.constantFrom(...DIMS),
    models: fc.constantFrom(1, 3, 40, 1_000),
    changed: fc.constantFrom(0, 1, 8),
    scales: fc.oneof(
      fc.constant(SCALES),
      fc.constant([0.01]),
      fc.constantFrom(...SCALES.map((scale) => [scale, 0.01])),
    ),
    magnitudes: fc.oneof(
      fc.constant(MAGNITUDES),
      fc.constantFrom(...MAGNITUDES.map((each) => [each])),
      fc.constant([1, -0]),
    ),
    whole: fc.boolean(),
    queries: fc.integer({ min: 1, max: 3 }),
    count: fc.constantFrom(0, 1, 2, 5, 50, 1_000),
    passing: fc.constantFrom(null, 0, 0.02, 0.5, 1),
  })
  .map(({ seed, size, dim, models, changed, scales, magnitudes, whole, queries, count, passing }) => {
    const random = seeded(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const entry = () => Math.floor(random() * 256) - 128;
    const prototypes = Array.from({ length: models }, () => Int8Array.from({ length: dim }, entry));
    const vectors = new Int8Array(size * dim);
    for (let row = 0; row < size; row++) {
      vectors.set(pick(prototypes), row * dim);
      for (let i = 0; i < changed; i++) {
        const at = row * dim + Math.floor(random() * dim);
        vectors[at] = Math.min(127, vectors[at]! + 1);
      }
    }
    const number = () => (whole ? Math.round(random() * 8 - 4) : random() * 2 - 1) * pick(magnitudes);
    return {
      dim,
      vectors,
      scale: Float32Array.from({ length: size }, () => pick(scales)),
      queries: Array.from({ length: queries }, () => Array.from({ length: dim }, number)),
      count,
      mask: passing === null ? null : Uint8Array.from({ length: size }, () => (random() < passing ? 1 : 0)),
    };
  });

/** Throws where the kernel's rows are not those of the twin in any of so many searches. */
export function checkKernel(kernel: (bytes: number) => ScanKernel, numRuns: number): void {
  const agrees = (searched: KernelCase): boolean => {
    const [found, expected] = [kernelRows(kernel, searched), twinRows(searched)];
    return found.every((rows, at) => rows.join() === expected[at]!.join());
  };
  fc.assert(fc.property(kernelCase, agrees), { numRuns });
}
