import { expect, test } from "vitest";
import { createEngine } from "../../client-sdk/engine/engine.ts";
import { checkOptions } from "../../client-sdk/options.ts";
import { pageFetch } from "../../client-sdk/page-fetch.ts";
import type { FeedUpdate, PlainError } from "../../client-sdk/messages.ts";
import { FEATURES } from "../../shared/features.ts";
import { createUlid } from "../../shared/ulid.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";
import { linearGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { gate } from "./gated-ort.ts";
import { freshNamespace, quietPage, until } from "./open.ts";

const DIM = 16;
const heads = ["like" as const];

function withWeights(seed: number, weights: Float32Array) {
  return syntheticRelease({ items: 300, dim: DIM, seed, models: { ...linearGraphs(DIM, weights), heads } });
}

function openEngine(edge: TestEdge) {
  const errors: PlainError[] = [];
  const updates: FeedUpdate[] = [];
  const options = checkOptions({ endpoint: "http://edge.test", consent: "local", namespace: freshNamespace() });
  const engine = createEngine(
    { ...options, pageFetch: true, ortUrl: new URL("./gated-ort.ts", import.meta.url).href },
    {
      ...quietPage,
      feed: (update) => updates.push(update),
      error: (error) => errors.push(error),
      fetch: pageFetch(edge.fetch),
    },
  );
  const moment = () => ({ now: Date.now(), utcOffsetMinutes: 0, draw: "list" });
  const list = () => engine.recommend({ surface: "home", count: 20 }, moment());
  return { engine, list, moment, errors, updates };
}

test("a model that fails after its release was replaced costs the new release nothing", async () => {
  // Logits that overflow as soon as a candidate is the neighbour of a like.
  const poison = new Float32Array(FEATURES.length);
  for (const name of ["neighbour", "neighbour_last_1", "neighbour_last_3"]) poison[FEATURES.indexOf(name)] = 3e38;
  const failing = await withWeights(1, poison);
  const good = await withWeights(2, new Float32Array(FEATURES.length).fill(0.01));
  const edge = testEdge(failing);
  const { engine, list, errors } = openEngine(edge);
  const nextId = createUlid(Date.now, Math.random);
  await engine.sync();
  while ((await list()).floor !== "deep") await new Promise((resolve) => setTimeout(resolve, 5));
  const event = { type: "like", id: nextId(), item: "item-3", at: Date.now() };

  let letGo = () => {};
  gate.open = new Promise((resolve) => (letGo = resolve));
  engine.track({ seq: 1, changes: [], utcOffsetMinutes: 0, events: [{ event, surface: "home", release: null }] });
  const made = list();
  await until(() => gate.waiting === 1);
  edge.activate(good);
  gate.open = Promise.resolve();
  expect(await engine.sync()).toMatchObject({ status: "updated", release: good.release.id });
  letGo();

  expect(await made).toMatchObject({ release: good.release.id, floor: "deep" });
  expect(await list()).toMatchObject({ release: good.release.id, floor: "deep" });
  expect(errors).toEqual([]);
  await engine.erase(2);
  await engine.close();
});

test("a release that comes while the model of the one before is loading gets its own, without another list", async () => {
  const [before, next] = await Promise.all(
    [1, 2].map((seed) => withWeights(seed, new Float32Array(FEATURES.length).fill(seed / 100))),
  );
  const edge = testEdge(before!);
  const { engine, updates, moment, errors } = openEngine(edge);
  const { live } = gate;
  let letGo = () => {};
  gate.load = new Promise((resolve) => (letGo = resolve));
  engine.openFeed(1, { surface: "home", count: 20 }, moment());
  await until(() => gate.loading === 1);
  edge.activate(next!);
  expect(await engine.sync()).toMatchObject({ status: "updated", release: next!.release.id });
  await until(() => updates.at(-1)?.release === next!.release.id);
  expect(updates.at(-1)!.floor).toBe("linear");
  letGo();
  await until(() => updates.at(-1)!.floor === "deep");
  expect(updates.at(-1)!.release).toBe(next!.release.id);
  await until(() => gate.live === live + 1);
  expect(errors).toEqual([]);
  await engine.erase(1);
  await engine.close();
});
