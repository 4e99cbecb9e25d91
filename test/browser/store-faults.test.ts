/** What the device's store does when the browser fails it. */
import { afterEach, expect, test } from "vitest";
import { createEngine } from "../../client-sdk/engine/engine.ts";
import { checkOptions } from "../../client-sdk/options.ts";
import { pageFetch } from "../../client-sdk/page-fetch.ts";
import { createStore } from "../../client-sdk/storage/store.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, open, quietPage } from "./open.ts";

const like = { id: "01HF7YAT00TMB5S1RNMA000001", type: "like", item: "item-1", at: 1_700_000_000_000 } as const;
const realOpen = IDBFactory.prototype.open;
const realPut = IDBObjectStore.prototype.put;

afterEach(() => {
  IDBFactory.prototype.open = realOpen;
  IDBObjectStore.prototype.put = realPut;
});

/** The next openings of a database fail with these, one each. */
function failOpening(...names: string[]): void {
  IDBFactory.prototype.open = function (...given) {
    const name = names.shift();
    if (name === undefined) return realOpen.apply(this, given);
    throw new DOMException("made to fail", name);
  };
}

/** Stores an event, lets openings fail, and reads with a new store. @returns how many events are there at last */
async function afterFailures(...names: string[]) {
  const namespace = freshNamespace();
  const watch = { onError() {}, onErased() {} };
  const first = createStore(namespace, watch);
  await first.putEvents([{ id: like.id, event: like }]);
  await first.close();
  failOpening(...names);
  const second = createStore(namespace, watch);
  await second.log();
  await second.close();
  IDBFactory.prototype.open = realOpen;
  const third = createStore(namespace, watch);
  const { events } = await third.log();
  await third.erase();
  return events.length;
}

test("a database that cannot be opened once is kept", async () => {
  expect(await afterFailures("UnknownError")).toBe(1);
});

test("a database that cannot be opened because the disk is full is kept, however often", async () => {
  expect(await afterFailures("QuotaExceededError")).toBe(1);
  expect(await afterFailures("QuotaExceededError", "QuotaExceededError", "QuotaExceededError")).toBe(1);
});

test("a database that cannot be opened twice is damaged and starts over", async () => {
  expect(await afterFailures("UnknownError", "UnknownError")).toBe(0);
});

test("a release that cannot be stored whole leaves the one before in the store", async () => {
  const [before, next] = [await syntheticRelease({ items: 200 }), await syntheticRelease({ items: 240, seed: 2 })];
  const edge = testEdge(before);
  const namespace = freshNamespace();
  const init = { endpoint: "http://edge.test", publicKey: null, channel: "stable", language: null, region: null };
  const engine = createEngine(
    {
      ...init,
      consent: "local",
      capped: false,
      namespace,
      retrieval: "device",
      workerUrl: "",
      ortUrl: "",
      ed25519Url: "",
      verifyKey: null,
      wasmUrl: "",
      pageFetch: true,
    },
    { ...quietPage, error() {}, fetch: pageFetch(edge.fetch) },
  );
  expect(await engine.sync()).toMatchObject({ release: before.release.id });
  let failures = 0;
  IDBObjectStore.prototype.put = function (value, key) {
    const request = realPut.call(this, value, key);
    if (key !== "installed") return request;
    failures++;
    this.transaction.abort();
    return request;
  };
  edge.activate(next);
  expect(await engine.sync()).toMatchObject({ release: next.release.id });
  expect(failures).toBeGreaterThan(0);
  await engine.close();
  edge.stop();
  const { recommender } = open(edge, { namespace, consent: "local" });
  const list = await recommender.recommend({ surface: "home" });
  expect(list).toMatchObject({ status: "ready", floor: "linear" });
  expect(await recommender.sync()).toMatchObject({ status: "offline", release: before.release.id });
});

test("an adjustment that could not be stored stays for the page, and is stored when the store can be written again", async () => {
  const edge = testEdge(await syntheticRelease({ items: 120, dim: 8, clusters: 4 }));
  const namespace = freshNamespace();
  const errors: string[] = [];
  const engine = () =>
    createEngine(
      { ...checkOptions({ endpoint: "http://edge.test", consent: "local", namespace }), pageFetch: true },
      { ...quietPage, error: ({ message }) => errors.push(message), fetch: pageFetch(edge.fetch) },
    );
  const [here, there] = [engine(), engine()];
  for (const each of [here, there]) await each.sync();
  const adjustments = async (of: typeof here) => (await of.profile(Date.now())).adjustments;
  IDBObjectStore.prototype.put = function (value, key) {
    const request = realPut.call(this, value, key);
    if (key === "adjustments") this.transaction.abort();
    return request;
  };
  await here.adjust("c1", 1);
  await here.adjust("c2", 1);
  await expect.poll(() => errors).toContainEqual(expect.stringContaining("adjustments"));
  expect(await adjustments(here)).toEqual({ c1: 1, c2: 1 });
  IDBObjectStore.prototype.put = realPut;
  // What another tab does is a reason to look at the store again. What was set there is the later word.
  await there.adjust("c2", -1);
  await expect.poll(() => adjustments(here)).toEqual({ c1: 1, c2: -1 });
  for (const each of [here, there]) await each.close();
  const later = engine();
  await expect.poll(() => adjustments(later)).toEqual({ c1: 1, c2: -1 });
  await later.close();
});
