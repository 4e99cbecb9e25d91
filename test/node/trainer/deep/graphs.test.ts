import { expect, test } from "vitest";
import { CONTEXT_COLUMNS } from "../../../../shared/encoder-inputs.ts";
import { encode, stateWithQuery } from "../../../../trainer/deep/encoder.ts";
import { writeEncoder } from "../../../../trainer/deep/encoder-onnx.ts";
import { scaleFeatures } from "../../../../trainer/deep/feature-scale.ts";
import { startJax, tensor, toParams } from "../../../../trainer/deep/jax.ts";
import { stateWidth } from "../../../../trainer/deep/model-shape.ts";
import { initialRanker, rankerLogits } from "../../../../trainer/deep/ranker.ts";
import { writeRanker } from "../../../../trainer/deep/ranker-onnx.ts";
import { initialShownRanker, shownLogits } from "../../../../trainer/deep/shown-ranker.ts";
import { writeShownRanker } from "../../../../trainer/deep/shown-ranker-onnx.ts";
import { createRandom, normal, shuffle } from "../../../../trainer/math/random.ts";
import { openGraphs } from "./support/graphs.ts";
import {
  contextRows,
  FULL,
  type HistoryArrays,
  noisyWeights,
  randomHistory,
  randomList,
  randomScale,
  VECTOR_SCALE,
} from "./support/networks.ts";

/** The contract between trainer, Node and Chromium. */
const TOLERANCE = 1e-4;
const MODEL_BYTES = 500_000;
/** The first run compiles every kernel of the training computation. */
const TIMEOUT_MS = 30_000;

const { dim, events, features } = FULL;
const random = createRandom(11);
const weights = noisyWeights(FULL, 12);
const constants = { vectorScale: VECTOR_SCALE, featureScale: randomScale(features, random) };
const files = {
  encoder: writeEncoder(FULL, weights.encoder, VECTOR_SCALE),
  ranker: writeRanker(FULL, weights.ranker, constants),
};

/** The training computation on the same raw inputs. */
async function inJax(history: HistoryArrays, list: { candidate: Float32Array; feature: Float32Array }) {
  await startJax();
  const count = list.candidate.length / dim;
  const scale = (values: Float32Array) => values.map((x) => x * VECTOR_SCALE);
  const encoded = encode(toParams(weights.encoder), {
    vector: tensor(scale(history.vector), [1, events, dim]),
    signal: tensor(history.signal, [1, events, 4]),
    age: tensor(history.age, [1, events]),
    mask: tensor(history.mask, [1, events]),
    context: tensor(contextRows(history.context, events), [1, events, 5]),
  });
  const query = encoded.query.ref;
  const state = stateWithQuery(encoded);
  const scaled = new Float32Array(list.feature.length);
  scaleFeatures(list.feature, constants.featureScale, scaled);
  const logits = rankerLogits(toParams(weights.ranker), {
    state: state.ref,
    mask: tensor(history.mask, [1, events]),
    candidate: tensor(scale(list.candidate), [1, count, dim]),
    feature: tensor(scaled, [1, count, features]),
    context: tensor(history.context, [1, 5]),
  });
  return {
    state: state.dataSync() as Float32Array,
    query: (query.dataSync() as Float32Array).slice(-dim),
    logits: logits.dataSync() as Float32Array,
  };
}

function expectClose(got: Float32Array, expected: Float32Array): void {
  expect(got.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - expected[i]) / size).toBeLessThan(TOLERANCE);
}

test.each([
  [0, 1],
  [1, 3],
  [37, 1_000],
  [50, 257],
])(
  "with %i events and %i candidates both graphs say what training computes",
  { timeout: TIMEOUT_MS },
  async (count, candidates) => {
    const history = randomHistory(FULL, count, random);
    const list = randomList(FULL, candidates, random);
    const expected = await inJax(history, list);
    const graphs = await openGraphs(files.encoder, files.ranker);
    const { state, query } = await graphs.encode(history);
    const logits = await graphs.rank(state, history, list);
    expectClose(state, expected.state);
    expectClose(query, expected.query);
    expectClose(logits, expected.logits);
    // Not the same number everywhere: a graph that ignores its inputs would agree with one that does too.
    expect(new Set(logits).size).toBe(candidates);
  },
);

test("heads that learnt from what was shown read their columns alone, and say what training computes", async () => {
  const reads = [3, 40, 8, 104];
  const shown = initialShownRanker(reads.length, 3, 5);
  for (const { values } of Object.values(shown)) values.forEach((value, i) => (values[i] = value + normal(random)));
  const featureScale = randomScale(reads.length, random);
  const graphs = await openGraphs(files.encoder, writeShownRanker(FULL, shown, { reads, featureScale }));
  const history = randomHistory(FULL, 9, random);
  const list = randomList(FULL, 17, random);
  const { state } = await graphs.encode(history);
  const logits = await graphs.rank(state, history, list);
  const read = Float32Array.from(
    { length: 17 * reads.length },
    (_, at) => list.feature[Math.floor(at / reads.length) * features + reads[at % reads.length]!]!,
  );
  const scaled = new Float32Array(read.length);
  scaleFeatures(read, featureScale, scaled);
  await startJax();
  const expected = shownLogits(toParams(shown), tensor(scaled, [17, reads.length]));
  expectClose(logits, expected.dataSync() as Float32Array);
  expect(new Set(logits).size).toBe(17 * 3);
  const others = list.feature.map((value, at) => (reads.includes(at % features) ? value : -value));
  expectClose(await graphs.rank(state, history, { ...list, feature: others }), logits);
});

test("heads that learnt surfaces are told theirs by the context, and take one that they never met for the mean", async () => {
  const reads = [3, 40];
  const width = reads.length + 3;
  const shown = initialShownRanker(width, 2, 5);
  for (const { values } of Object.values(shown)) values.forEach((value, i) => (values[i] = value + normal(random)));
  const featureScale = randomScale(width, random);
  const NEVER = 2;
  featureScale.inverseDeviation[reads.length + NEVER] = 0;
  const graphs = await openGraphs(files.encoder, writeShownRanker(FULL, shown, { reads, featureScale }));
  const history = randomHistory(FULL, 9, random);
  const list = randomList(FULL, 5, random);
  const { state } = await graphs.encode(history);
  await startJax();
  const said: string[] = [];
  for (const surface of [0, 1, NEVER]) {
    const context = history.context.slice();
    context[CONTEXT_COLUMNS.indexOf("surface")] = surface;
    const read = new Float32Array(5 * width);
    for (let c = 0; c < 5; c++) {
      reads.forEach((column, r) => (read[c * width + r] = list.feature[c * features + column]!));
      if (surface === NEVER) read.set(featureScale.mean.subarray(reads.length), c * width + reads.length);
      else read[c * width + reads.length + surface] = 1;
    }
    const scaled = new Float32Array(read.length);
    scaleFeatures(read, featureScale, scaled);
    const expected = shownLogits(toParams(shown), tensor(scaled, [5, width])).dataSync() as Float32Array;
    const logits = await graphs.rank(state, { ...history, context }, list);
    expectClose(logits, expected);
    said.push(logits.join());
  }
  expect(new Set(said).size).toBe(3);
});

test("both files together are within half a megabyte", () => {
  expect(files.encoder.length + files.ranker.length).toBeLessThan(MODEL_BYTES);
});

test("an untrained ranker says exactly 0 of every candidate", async () => {
  const untrained = writeRanker(FULL, initialRanker(FULL, 3), constants);
  const graphs = await openGraphs(files.encoder, untrained);
  const history = randomHistory(FULL, 20, random);
  const { state } = await graphs.encode(history);
  const logits = await graphs.rank(state, history, randomList(FULL, 100, random));
  expect([...logits].every((logit) => logit === 0)).toBe(true);
});

test("candidates in another order get the same logits in that order", async () => {
  const graphs = await openGraphs(files.encoder, files.ranker);
  const history = randomHistory(FULL, 30, random);
  const { state } = await graphs.encode(history);
  const list = randomList(FULL, 64, random);
  const logits = await graphs.rank(state, history, list);
  const order = shuffle(
    Array.from({ length: 64 }, (_, i) => i),
    random,
  );
  const pick = (values: Float32Array, width: number) =>
    Float32Array.from(order.flatMap((i) => [...values.subarray(i * width, (i + 1) * width)]));
  const shuffled = { candidate: pick(list.candidate, dim), feature: pick(list.feature, features) };
  expectClose(await graphs.rank(state, history, shuffled), pick(logits, 1));
});

test("what stands in rows of padding changes nothing", async () => {
  const graphs = await openGraphs(files.encoder, files.ranker);
  const history = randomHistory(FULL, 12, random);
  const list = randomList(FULL, 40, random);
  const noise = randomHistory(FULL, events, random);
  const padded = events - 12;
  const dirty = (clean: Float32Array, other: Float32Array) => {
    const width = clean.length / events;
    return Float32Array.from(clean, (value, i) => (i < padded * width ? 7 * other[i] + 3 : value));
  };
  const dirtyHistory = {
    ...history,
    vector: dirty(history.vector, noise.vector),
    signal: dirty(history.signal, noise.signal),
    age: dirty(history.age, noise.age),
  };
  const clean = await graphs.encode(history);
  const other = await graphs.encode(dirtyHistory);
  expectClose(other.state, clean.state);
  expectClose(other.query, clean.query);
  const logits = await graphs.rank(clean.state, history, list);
  const noiseState = (await graphs.encode(noise)).state;
  expectClose(await graphs.rank(dirty(clean.state, noiseState), history, list), logits);
});

test("a newer event changes the states after it and none before", async () => {
  const graphs = await openGraphs(files.encoder, files.ranker);
  const history = randomHistory(FULL, events, random);
  const changed = { ...history, vector: history.vector.slice() };
  changed.vector.fill(0.5, 30 * dim, 31 * dim);
  const [before, after] = [await graphs.encode(history), await graphs.encode(changed)];
  const width = stateWidth(dim);
  expectClose(after.state.slice(0, 30 * width), before.state.slice(0, 30 * width));
  const moved = (row: number) =>
    after.state
      .slice(row * width, (row + 1) * width)
      .some((x, i) => Math.abs(x - before.state[row * width + i]) > 1e-3);
  expect([30, 31, 49].map(moved)).toEqual([true, true, true]);
});
