// One model, three runtimes: what the trainer trained, ORT in Node and ORT in Chromium give the same numbers.
import { beforeAll, expect, inject, test } from "vitest";
import type { DeepOptions, OrtModule } from "../../client-sdk/ort.ts";
import { encoderInputs, type EncoderInputs } from "../../shared/encoder-inputs.ts";
import { featurize } from "../../shared/featurize.ts";
import { FEATURES } from "../../shared/features.ts";
import { interestAt } from "../../shared/interest.ts";
import { gatherVectors } from "../../shared/item-columns.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { createProfile } from "../../shared/profile.ts";
import { topK } from "../../shared/top-k.ts";
import { createUlid } from "../../shared/ulid.ts";
import { launchChromium, openDemo } from "../harness/demo-page.ts";
import { fetchManifest, openEdgeRelease, type EdgeRelease } from "../harness/edge-release.ts";
import { seeded } from "../harness/small-release.ts";
import { openNodeDeep } from "./node-deep.ts";
import { activate } from "./stack.ts";

const { url, releases } = inject("stack");
const CANDIDATES = 1_000;
const TOLERANCE = 1e-4;

let release: EdgeRelease;
let inputs: { events: EncoderInputs; vectors: Float32Array; features: Float32Array };
let inNode: Float32Array;

beforeAll(async () => {
  await activate(releases.deep);
  release = await openEdgeRelease(url, (await fetchManifest(url)).release);
  inputs = inputsOf(release);
  const deep = await openNodeDeep(url, release.release);
  inNode = await deep.score(inputs.events, inputs.vectors, inputs.features);
  await deep.release();
});

test("ORT in Chromium, from the page's own files, agrees with ORT in Node within 1e-4", async () => {
  const browser = await launchChromium();
  try {
    const { page, complaints } = await openDemo(browser, url);
    const files = await assetsOf(url);
    const { encoder, ranker } = release.release.files;
    const inChromium = await page.evaluate(scoreInPage, {
      ort: `${url}/${files.find((file) => /^assets\/ort-[\w-]+\.js$/.test(file))}`,
      wasm: `${url}/${files.find((file) => file.endsWith(".wasm"))}`,
      encoder: `${url}/v1/blobs/${encoder!.sha256}`,
      ranker: `${url}/v1/blobs/${ranker!.sha256}`,
      dim: release.release.dim,
      heads: release.release.heads!.names.length,
      arrays: [...Object.values(inputs.events), inputs.vectors, inputs.features].map((array) =>
        Array.from(array as Float32Array),
      ),
      names: Object.keys(inputs.events),
    });
    expect(inChromium).toHaveLength(CANDIDATES * release.release.heads!.names.length);
    expect(inNode.every(Number.isFinite)).toBe(true);
    expect(spread(inNode), "the model tells candidates apart").toBeGreaterThan(100 * TOLERANCE);
    expect(largestDifference(inNode, inChromium)).toBeLessThanOrEqual(TOLERANCE);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});

interface PageInputs {
  ort: string;
  wasm: string;
  encoder: string;
  ranker: string;
  dim: number;
  heads: number;
  /** The encoder's inputs in the order of `names`, then vectors and features. */
  arrays: number[][];
  names: string[];
}

/** Runs in the page. */
async function scoreInPage(given: PageInputs): Promise<number[]> {
  const bytes = async (from: string) => new Uint8Array(await (await fetch(from)).arrayBuffer());
  const { createDeepSession } = (await import(given.ort)) as OrtModule;
  const options: DeepOptions = {
    encoder: await bytes(given.encoder),
    ranker: await bytes(given.ranker),
    dim: given.dim,
    heads: given.heads,
    wasmUrl: given.wasm,
  };
  const session = await createDeepSession(options);
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

function spread(values: Float32Array): number {
  return Math.max(...values) - Math.min(...values);
}
