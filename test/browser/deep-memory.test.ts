import { afterAll, expect, test } from "vitest";
import { createEngine } from "../../client-sdk/engine/engine.ts";
import { checkOptions } from "../../client-sdk/options.ts";
import { createDeepSession } from "../../client-sdk/ort.ts";
import type { DeepSession } from "../../client-sdk/ort.ts";
import { pageFetch } from "../../client-sdk/page-fetch.ts";
import { wasmUrl } from "../../client-sdk/urls.ts";
import { CONTEXT_COLUMNS, ENCODER_EVENTS, SIGNAL_COLUMNS } from "../../shared/encoder-inputs.ts";
import { FEATURES } from "../../shared/features.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { linearGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { gate } from "./gated-ort.ts";
import { freshNamespace, quietPage, until } from "./open.ts";

const DIM = 16;
const heads = ["like" as const];
const graphs = linearGraphs(DIM, new Float32Array(FEATURES.length).fill(0.01));

/** Every memory that wasm asks for on this page. */
const memories: WebAssembly.Memory[] = [];
const RealMemory = WebAssembly.Memory;
WebAssembly.Memory = class extends RealMemory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};
afterAll(() => {
  WebAssembly.Memory = RealMemory;
});

function wasmBytes(): number {
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** A model of the runtime that has scored the largest list. */
async function usedModel(): Promise<DeepSession> {
  const session = await createDeepSession({ ...graphs, dim: DIM, heads: 1, wasmUrl: wasmUrl() });
  const events = {
    eventVector: new Float32Array(ENCODER_EVENTS * DIM),
    eventSignal: new Float32Array(ENCODER_EVENTS * SIGNAL_COLUMNS.length),
    eventAge: new Float32Array(ENCODER_EVENTS),
    eventMask: new Float32Array(ENCODER_EVENTS).fill(1),
    context: new Float32Array(CONTEXT_COLUMNS.length),
  };
  const features = new Float32Array(DEEP_CANDIDATES * FEATURES.length);
  await session.score(events, new Float32Array(DEEP_CANDIDATES * DIM), features);
  return session;
}

test("a model that is released gives its memory to the next: 300 swaps take no more than three", async () => {
  let running = await usedModel();
  let after3 = 0;
  for (let swap = 1; swap <= 300; swap++) {
    // As at a swap: the next one runs before the last one goes.
    const next = await usedModel();
    await running.release();
    running = next;
    if (swap === 3) after3 = wasmBytes();
  }
  expect(after3).toBeGreaterThan(0);
  expect(wasmBytes()).toBe(after3);
  // The measure sees a leak: as many models that nobody releases do take more.
  const kept: DeepSession[] = [running];
  while (wasmBytes() === after3 && kept.length < 300) kept.push(await usedModel());
  expect(wasmBytes()).toBeGreaterThan(after3);
  for (const session of kept) await session.release();
}, 60_000);

test("an engine that has swapped its release twenty times holds one model, and none where the next has none", async () => {
  const releases = await Promise.all(
    [1, 2, 3].map((seed) =>
      syntheticRelease({
        items: 100,
        dim: DIM,
        seed,
        models: { ...linearGraphs(DIM, new Float32Array(FEATURES.length).fill(seed / 100)), heads },
      }),
    ),
  );
  const edge = testEdge(releases[0]!);
  const options = checkOptions({ endpoint: "http://edge.test", consent: "local", namespace: freshNamespace() });
  const engine = createEngine(
    { ...options, pageFetch: true, ortUrl: new URL("./gated-ort.ts", import.meta.url).href },
    { ...quietPage, error() {}, fetch: pageFetch(edge.fetch) },
  );
  const list = () =>
    engine.recommend({ surface: "home", count: 5 }, { now: Date.now(), utcOffsetMinutes: 0, draw: "list" });
  await engine.sync();
  while ((await list()).floor !== "deep") await new Promise((resolve) => setTimeout(resolve, 5));
  for (let swap = 1; swap <= 20; swap++) {
    edge.activate(releases[swap % 3]!);
    expect(await engine.sync()).toMatchObject({ status: "updated" });
    expect(await list()).toMatchObject({ floor: "deep", release: releases[swap % 3]!.release.id });
  }
  await until(() => gate.live === 1);
  edge.activate(await syntheticRelease({ items: 100, dim: DIM, seed: 4 }));
  expect(await engine.sync()).toMatchObject({ status: "updated" });
  await until(() => gate.live === 0);
  await engine.erase(1);
  await engine.close();
});
