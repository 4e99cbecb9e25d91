/** What a window leaves in memory on its way through the encoder, for its way back. */
import type { SharedArrays } from "../wasm/shared-memory.ts";
import { ENCODER_BLOCKS, ENCODER_HEADS, FEED_FORWARD, GAP_SIZE, MOMENT_SIZE } from "./model-shape.ts";

/** What one block leaves for the way back; addresses. */
export interface BlockMemory {
  readonly seen: number;
  readonly seenNormed: number;
  readonly seenInverse: number;
  readonly query: number;
  readonly key: number;
  readonly value: number;
  /** Of each head `[rows, width]`. */
  readonly attention: readonly number[];
  readonly mixed: number;
  readonly forwardSeen: number;
  readonly forwardNormed: number;
  readonly forwardInverse: number;
  readonly hidden: number;
}

export interface WindowMemory {
  /** The first row that holds an event; `rows` where there is none. */
  first: number;
  readonly gap: Float32Array;
  readonly moment: Float32Array;
  /** `[rows]` target × confidence of each event. */
  readonly wanted: Float64Array;
  /** `[rows, width]` weights of the decayed mean, and what they were divided by. */
  readonly pull: Float32Array;
  readonly total: Float64Array;
  readonly blocks: readonly BlockMemory[];
  readonly mean: number;
  readonly asked: number;
  readonly askedNormed: number;
  readonly askedInverse: number;
}

export function windowMemory(
  arrays: SharedArrays,
  { rows, dim, width }: { readonly rows: number; readonly dim: number; readonly width: number },
): WindowMemory {
  const space = (length: number) => arrays.floats(length).byteOffset;
  const perEntry = () => space(rows * dim);
  return {
    first: rows,
    gap: arrays.floats(rows * GAP_SIZE),
    moment: arrays.floats(rows * MOMENT_SIZE),
    wanted: new Float64Array(rows),
    pull: arrays.floats(rows * width),
    total: new Float64Array(rows),
    blocks: Array.from({ length: ENCODER_BLOCKS }, () => ({
      seen: perEntry(),
      seenNormed: perEntry(),
      seenInverse: space(rows),
      query: perEntry(),
      key: perEntry(),
      value: perEntry(),
      attention: Array.from({ length: ENCODER_HEADS }, () => space(rows * width)),
      mixed: perEntry(),
      forwardSeen: perEntry(),
      forwardNormed: perEntry(),
      forwardInverse: space(rows),
      hidden: space(rows * FEED_FORWARD),
    })),
    mean: perEntry(),
    asked: perEntry(),
    askedNormed: perEntry(),
    askedInverse: space(rows),
  };
}
