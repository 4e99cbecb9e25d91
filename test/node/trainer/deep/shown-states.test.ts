import { expect, test } from "vitest";
import { encode, initialEncoder, stateWithQuery } from "../../../../trainer/deep/encoder.ts";
import { fromTensors, historyBatch, putContext, putEvent } from "../../../../trainer/deep/history-batch.ts";
import { keep, startJax, type Tensor, toParams } from "../../../../trainer/deep/jax.ts";
import { createStates } from "../../../../trainer/deep/shown-states.ts";
import { createRandom } from "../../../../trainer/math/random.ts";
import { normals } from "./support/networks.ts";

const [DIM, ROWS, SIZE] = [8, 8, 3];
const GROUP_BYTES = ROWS * 2 * DIM * 4;
const vectors = normals(20 * DIM, createRandom(1));

interface Group {
  readonly items: readonly number[];
}

const groups: readonly Group[] = [[1, 2, 3], [4], [5, 6, 7, 8, 9], [10, 11]].map((items) => ({ items }));

function laid(of: readonly Group[]) {
  const batch = historyBatch(SIZE, ROWS, DIM);
  of.forEach(({ items }, slot) => {
    items.forEach((item, e) => {
      putEvent(batch, slot, ROWS - items.length + e, vectors, item, Float32Array.of(1, 1, 0, 1), items.length - e);
    });
    putContext(batch, slot, ROWS - 1, Float32Array.of(1, 12, 2, items.length, 0));
  });
  return batch;
}

async function counted() {
  await startJax();
  const params = toParams(initialEncoder({ dim: DIM, events: ROWS, features: 0 }, 3));
  const counts = { reads: 0 };
  const read = (...history: Tensor[]) => {
    counts.reads++;
    return stateWithQuery(encode(keep(params), fromTensors(history)));
  };
  return { read, counts };
}

const valuesOf = (state: Tensor, of: readonly Group[]) =>
  Array.from((state.dataSync() as Float32Array).slice(0, of.length * ROWS * 2 * DIM));

test("each history is read once, and is the same in any batch and place", { timeout: 30_000 }, async () => {
  const { read, counts } = await counted();
  const states = createStates<Group>(read, { size: SIZE, rows: ROWS, dim: DIM });
  const [a, b, c, d] = groups as [Group, Group, Group, Group];
  for (const of of [[a, b, c], [d]]) states(of, laid(of)).dispose();
  expect(counts.reads).toBe(2);
  for (const of of [[c, d, a], [b, a], [d]]) {
    const kept = valuesOf(states(of, laid(of)), of);
    expect(counts.reads).toBe(2);
    const fresh = createStates<Group>(read, { size: SIZE, rows: ROWS, dim: DIM });
    const exact = valuesOf(fresh(of, laid(of)), of);
    counts.reads = 2;
    kept.forEach((value, i) => expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-5));
  }
});

test("what does not fit is read again, and is right", { timeout: 30_000 }, async () => {
  const { read, counts } = await counted();
  const states = createStates<Group>(read, { size: SIZE, rows: ROWS, dim: DIM }, 2 * GROUP_BYTES);
  const of = groups.slice(0, 3);
  const first = valuesOf(states(of, laid(of)), of);
  const again = valuesOf(states(of, laid(of)), of);
  expect(counts.reads).toBe(2);
  expect(again).toEqual(first);
  states(of.slice(0, 2), laid(of.slice(0, 2))).dispose();
  expect(counts.reads).toBe(2);
});
