/**
 * Windows as life disturbs them: some turn into another person's in the middle, and now and then an event in them is somebody
 * else's. An encoder that met only whole histories takes one stray like for a new taste, and a new taste for one stray like.
 */
import { below, type Random } from "../math/random.ts";
import type { DeepSequence } from "./deep-input.ts";
import type { ReadEvents, Window } from "./encoder-batches.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "./model-shape.ts";

export interface Disturbance {
  /** Share of windows that end as another one does. */
  readonly splices: number;
  /** Share of events that are read as events of another window. What is asked for stays. */
  readonly strays: number;
}

/** Rows that each side of a seam keeps at least. */
const LEAST_SIDE = 4;

/** @param all where other people's events are taken from */
export function createDisturber(
  all: readonly Window[],
  rows: number,
  { splices, strays }: Disturbance,
  random: Random,
): (window: Window) => Window {
  const other = () => all[below(random, all.length)];
  return (window) => {
    const spliced = random() < splices ? spliceWindows(window, other(), rows, random) : window;
    return strays > 0 ? withStrays(spliced, other, strays, random) : spliced;
  };
}

/** The oldest events of one window and, as if they had come next, the newest of another; what comes at the seam is not asked for. */
function spliceWindows(head: Window, tail: Window, rows: number, random: Random): Window {
  if (rows < 2 * LEAST_SIDE) return head;
  const after = Math.min(LEAST_SIDE + below(random, rows - 2 * LEAST_SIDE + 1), tail.to - tail.from);
  const before = Math.min(rows - after, head.to - head.from);
  const [cut, begin] = [head.from + before, tail.to - after];
  const [first, second] = [head.sequence, tail.sequence];
  const gap = begin > 0 ? second.at[begin] - second.at[begin - 1] : 0;
  const shift = first.at[cut - 1] + gap - second.at[begin];
  return {
    sequence: {
      item: joined(Uint32Array, first.item, second.item, 1),
      signal: joined(Float32Array, first.signal, second.signal, SIGNAL_SIZE),
      at: joined(
        Float64Array,
        first.at,
        second.at.map((at) => at + shift),
        1,
      ),
      context: joined(Float32Array, first.context, second.context, CONTEXT_SIZE),
    },
    from: 0,
    to: before + after,
    targetsFrom: head.targetsFrom - head.from,
    seam: before - 1,
  };

  function joined<A extends Float32Array | Float64Array | Uint32Array>(
    type: new (size: number) => A,
    a: A,
    b: A,
    width: number,
  ): A {
    // The event after the last one that is read is its target.
    const all = new type((before + after + 1) * width);
    all.set(a.subarray(head.from * width, cut * width));
    all.set(b.subarray(begin * width, (tail.to + 1) * width), before * width);
    return all;
  }
}

function withStrays(window: Window, other: () => Window, share: number, random: Random): Window {
  const { sequence, from, to } = window;
  let read: ReadEvents | undefined;
  for (let e = from; e < to; e++) {
    if (random() >= share) continue;
    read ??= { item: sequence.item.slice(), signal: sequence.signal.slice() };
    const { sequence: strange, from: begin, to: end } = other();
    put(read, e, strange, begin + below(random, end - begin));
  }
  return read ? { ...window, read } : window;
}

function put(read: ReadEvents, e: number, { item, signal }: DeepSequence, stray: number): void {
  read.item[e] = item[stray];
  read.signal.set(signal.subarray(stray * SIGNAL_SIZE, (stray + 1) * SIGNAL_SIZE), e * SIGNAL_SIZE);
}
