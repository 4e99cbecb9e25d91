// One model, three runtimes: what the trainer trained, ORT in Node and ORT in Chromium give the same numbers.
import { beforeAll, expect, test } from "vitest";
import type { OrtModule } from "../../client-sdk/ort.ts";
import {
  CONTEXT_COLUMNS,
  ENCODER_EVENTS,
  encoderInputs,
  SIGNAL_COLUMNS,
  type EncoderInputs,
} from "../../shared/encoder-inputs.ts";
import { featurize } from "../../shared/featurize.ts";
import { FEATURES } from "../../shared/features.ts";
import { interestAt } from "../../shared/interest.ts";
import { gatherVectors } from "../../shared/item-columns.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { createProfile } from "../../shared/profile.ts";
import { topK } from "../../shared/top-k.ts";
import { createUlid } from "../../shared/ulid.ts";
import { writeEncoder } from "../../trainer/deep/encoder-onnx.ts";
import { encode, initialEncoder, stateWithQuery } from "../../trainer/deep/encoder.ts";
import { measureFeatureScale, scaleFeatures } from "../../trainer/deep/feature-scale.ts";
import { startJax, tensor, toParams, type Weights } from "../../trainer/deep/jax.ts";
import { writeRanker, type RankerConstants } from "../../trainer/deep/ranker-onnx.ts";
import { initialRanker, rankerLogits } from "../../trainer/deep/ranker.ts";
import { openDeepSession } from "../../trainer/evaluate/deep-scorer.ts";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { fetchFile, fetchManifest, openEdgeRelease, type EdgeRelease } from "../harness/edge-release.ts";
import { seeded } from "../harness/small-release.ts";
import { createNodeDeep, type Graphs } from "./node-deep.ts";
import { activate, stack } from "./stack.ts";

const { url, releases } = stack;
const CANDIDATES = 1_000;
const TOLERANCE = 1e-4;

let release: EdgeRelease;
let inputs: { events: EncoderInputs; vectors: Float32Array; features: Float32Array };

beforeAll(async () => {
  await activate(releases.deep);
  release = await openEdgeRelease(url, (await fetchManifest(url)).release);
  inputs = inputsOf(release);
});

test("the published model gives the same in the evaluation's session, in the SDK's in Node and in Chromium", async () => {
  const { encoder, ranker } = release.release.files;
  const graphs = { encoder: await fetchFile(url, encoder!), ranker: await fetchFile(url, ranker!) };
  const inNode = await scoreInNode(graphs);
  expect(inNode).toHaveLength(CANDIDATES * release.release.heads!.names.length);
  expect(spread(inNode), "the model tells candidates apart").toBeGreaterThan(100 * TOLERANCE);
  expect(largestDifference(inNode, await scoreInEvaluation(graphs))).toBeLessThanOrEqual(TOLERANCE);
  expect(largestDifference(inNode, await scoreInChromium(graphs))).toBeLessThanOrEqual(TOLERANCE);
});

test("a model gives the same in the trainer, in Node and in Chromium", async () => {
  const shape = { dim: release.model.dim, events: ENCODER_EVENTS, features: FEATURES.length };
  // Layers that training starts at zero would hide what comes before them.
  const encoder = disturbed(initialEncoder(shape, 1));
  const ranker = disturbed(initialRanker(shape, 2));
  const featureScale = measureFeatureScale([inputs.features], FEATURES.length);
  const vectorScale = 2;
  const graphs = {
    encoder: writeEncoder(shape, encoder, vectorScale),
    ranker: writeRanker(shape, ranker, { vectorScale, featureScale }),
  };
  const inTrainer = await scoreInTrainer(encoder, ranker, { vectorScale, featureScale });
  const inNode = await scoreInNode(graphs);
  expect(inTrainer).toHaveLength(CANDIDATES);
  expect(spread(inNode), "the model tells candidates apart").toBeGreaterThan(100 * TOLERANCE);
  expect(largestDifference(inTrainer, inNode)).toBeLessThanOrEqual(TOLERANCE);
  expect(largestDifference(inTrainer, await scoreInChromium(graphs))).toBeLessThanOrEqual(TOLERANCE);
});

async function scoreInTrainer(encoder: Weights, ranker: Weights, { vectorScale, featureScale }: RankerConstants) {
  await startJax();
  const { events, vectors, features } = inputs;
  const { dim } = release.model;
  const scaled = (values: Float32Array) => values.map((value) => value * vectorScale);
  const scaledFeatures = new Float32Array(features.length);
  scaleFeatures(features, featureScale, scaledFeatures);
  const mask = () => tensor(events.eventMask, [1, ENCODER_EVENTS]);
  const encoded = encode(toParams(encoder), {
    vector: tensor(scaled(events.eventVector), [1, ENCODER_EVENTS, dim]),
    signal: tensor(events.eventSignal, [1, ENCODER_EVENTS, SIGNAL_COLUMNS.length]),
    age: tensor(events.eventAge, [1, ENCODER_EVENTS]),
    mask: mask(),
    context: tensor(repeated(events.context, ENCODER_EVENTS), [1, ENCODER_EVENTS, CONTEXT_COLUMNS.length]),
  });
  const logits = rankerLogits(toParams(ranker), {
    state: stateWithQuery(encoded),
    mask: mask(),
    candidate: tensor(scaled(vectors), [1, CANDIDATES, dim]),
    feature: tensor(scaledFeatures, [1, CANDIDATES, FEATURES.length]),
    context: tensor(events.context, [1, CONTEXT_COLUMNS.length]),
  });
  return logits.dataSync() as Float32Array;
}

async function scoreInNode(graphs: Graphs): Promise<Float32Array> {
  const session = await createNodeDeep(graphs, release.release);
  const scores = await session.score(inputs.events, inputs.vectors, inputs.features);
  await session.release();
  return scores;
}

/** The session behind the `deep` row of every table. */
async function scoreInEvaluation(graphs: Graphs): Promise<Float32Array> {
  const session = await openDeepSession(graphs, release.model);
  const scores = await session.score(inputs.events, inputs.vectors, inputs.features);
  await session.release();
  return scores;
}

/** Through the runtime's files of the page. */
async function scoreInChromium({ encoder, ranker }: Graphs): Promise<number[]> {
  const files = await assetsOf(url);
  const browser = await launchChromium();
  try {
    const { page, complaints } = await openDemo(browser, url);
    const ort = files.find((file) => /^assets\/ort-[\w-]+\.js$/.test(file));
    // Written as text: what is passed as a function has had its imports rewritten for Node.
    await page.evaluate(`import("/${ort}").then((ort) => void Object.assign(globalThis, { ort }))`);
    const scores = await page.evaluate(scoreInPage, {
      wasm: `${url}/${files.find((file) => file.endsWith(".wasm"))}`,
      encoder: Array.from(encoder),
      ranker: Array.from(ranker),
      dim: release.release.dim,
      heads: release.release.heads!.names.length,
      arrays: [...Object.values(inputs.events), inputs.vectors, inputs.features].map((array) =>
        Array.from(array as Float32Array),
      ),
      names: Object.keys(inputs.events),
    });
    expect(complaints).toEqual([]);
    return scores;
  } finally {
    await browser.close();
  }
}

interface PageInputs {
  /** Address of the runtime's wasm. */
  wasm: string;
  /** Bytes of the graphs. */
  encoder: number[];
  ranker: number[];
  dim: number;
  heads: number;
  /** The encoder's inputs in the order of `names`, then vectors and features. */
  arrays: number[][];
  names: string[];
}

/** Runs in the page. */
async function scoreInPage(given: PageInputs): Promise<number[]> {
  const { createDeepSession } = (globalThis as unknown as { ort: OrtModule }).ort;
  const session = await createDeepSession({
    encoder: Uint8Array.from(given.encoder),
    ranker: Uint8Array.from(given.ranker),
    dim: given.dim,
    heads: given.heads,
    wasmUrl: given.wasm,
  });
  const arrays = given.arrays.map((array) => Float32Array.from(array));
  const events = Object.fromEntries(given.names.map((name, i) => [name, arrays[i]])) as unknown as EncoderInputs;
  const [vectors, features] = arrays.slice(given.names.length);
  return Array.from(await session.score(events, vectors!, features!));
}

/** A seeded person with thirty events of several kinds, and the 1,000 best candidates of the linear floor. */
function inputsOf({ model, table, known }: EdgeRelease): typeof inputs {
  const random = seeded(7);
  const start = Date.UTC(2026, 0, 5, 18);
  let at = start;
  const nextId = createUlid(() => at, random);
  const popular = topK(Float32Array.from(table.columns.popularity), 500);
  const log = Array.from({ length: 30 }, (_, i) => {
    at = start + i * 90_000;
    const item = table.ids[popular[Math.floor(random() * popular.length)]!]!;
    const type = (["like", "skip", "click"] as const)[i % 3]!;
    return { event: { id: nextId(), type, item, at, list: "list", position: i }, known: known(item) };
  });
  const interest = interestAt(createProfile(model, log), model, at + 60_000);
  const linear = scoreLinear(table, interest, model);
  const rows = topK(linear.total, CANDIDATES);
  const features = featurize(table, { rows }, interest, linear, model);
  expect(features).toHaveLength(CANDIDATES * FEATURES.length);
  const moment = { surface: "home", utcOffsetMinutes: 60 };
  return { events: encoderInputs(interest, model.dim, moment), vectors: gatherVectors(table.columns, rows), features };
}

/** The files of the built page, as its service worker names them. */
async function assetsOf(origin: string): Promise<string[]> {
  const script = await (await fetch(`${origin}/service-worker.js`)).text();
  return [...script.matchAll(/assets\/[\w.-]+/g)].map(([name]) => name);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

/** Every weight moved by a seeded little. */
function disturbed(weights: Weights): Weights {
  const random = seeded(3);
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => {
      return [name, { shape, values: values.map((value) => value + 0.1 * (random() - 0.5)) }];
    }),
  );
}

function repeated(values: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: values.length * times }, (_, i) => values[i % values.length]!);
}

function spread(values: Float32Array): number {
  return Math.max(...values) - Math.min(...values);
}
