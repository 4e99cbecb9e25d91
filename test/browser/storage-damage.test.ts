/** What lies in the database and is not what it should be: damaged records and files, a full device, a wiped store. */
import { openDB } from "idb";
import { afterEach, expect, test } from "vitest";
import type { NearfeedError } from "../../client-sdk/index.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { createStore } from "../../client-sdk/storage/store.ts";
import type { Store } from "../../client-sdk/storage/store.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, freshNamespace, idsOf, open, shown, until } from "./open.ts";

const realOpen = IDBFactory.prototype.open;
const realPut = IDBObjectStore.prototype.put;
const realClear = IDBObjectStore.prototype.clear;
const stores: Store[] = [];

afterEach(async () => {
  Object.assign(IDBFactory.prototype, { open: realOpen });
  Object.assign(IDBObjectStore.prototype, { put: realPut, clear: realClear });
  for (const store of stores.splice(0)) await store.erase();
});

function openStore(namespace = freshNamespace()) {
  const errors: NearfeedError[] = [];
  const store = createStore(namespace, { onError: (error) => errors.push(error), onErased() {} });
  stores.push(store);
  return { store, errors, namespace };
}

function like(serial: number) {
  const id = `01HF7YAT00TMB5S1RNMA${String(serial).padStart(6, "0")}`;
  const event = { id, type: "like", item: `item-${serial}`, at: 1_700_000_000_000 + serial } as const;
  const known = { space: "s", vector: Float32Array.of(1, 2), categories: ["a"], author: 0, neighbours: [["b", 0.5]] };
  return { id, event, known: known as typeof known & { neighbours: [string, number][] } };
}

async function putRaw(namespace: string, store: string, ...records: [value: unknown, key?: string][]) {
  const db = await openDB(databaseName(namespace));
  for (const [value, key] of records) await db.put(store, value, key);
  db.close();
}

test("events of a wrong shape are dropped and reported once, the others are read", async () => {
  const { store, errors, namespace } = openStore();
  await store.putEvents([like(1), like(2)]);
  const { event, known } = like(3);
  const damaged = [
    {},
    { event: null },
    { event: { ...event, type: "stare" } },
    { event: { ...event, id: like(4).id } },
    { event, known: { ...known, vector: [1, 2] } },
    { event, known: { ...known, vector: Float32Array.of(1, NaN) } },
    { event, known: { ...known, neighbours: [["b"]] } },
    { event, known: 7 },
  ];
  await putRaw(namespace, "events", ...damaged.map((each, i): [unknown] => [{ id: `damaged-${i}`, ...each }]));
  await putRaw(namespace, "seen", [{ item: "x", at: "yesterday" }], [{ item: "y", at: 5 }]);
  await putRaw(namespace, "state", ["much", "adjustments"], [-1, "compactions"]);
  await store.close();
  const again = openStore(namespace);
  const log = await again.store.log();
  expect(log.events).toEqual([like(1), like(2)]);
  expect(log).toMatchObject({ seen: [{ item: "y", at: 5 }], adjustments: {}, compactions: 0 });
  expect(again.errors.map(({ code }) => code)).toEqual(["storage"]);
  expect(again.errors[0]!.message).toMatch(/^8 of the stored events cannot be read and were deleted: events\[2\]/);
  await again.store.close();
  const third = openStore(namespace);
  expect((await third.store.log()).events).toHaveLength(2);
  expect(errors).toEqual([]);
});

test("a release or an outbox that is damaged is as good as none", async () => {
  const { store, namespace } = openStore();
  await store.putEvents([], [{ ...like(1), release: "r", surface: "home", utcOffsetMinutes: 0 }]);
  await putRaw(namespace, "outbox", [{ id: like(2).id, event: like(2).event }]);
  await putRaw(namespace, "files", [{ sha256: "f", bytes: "text" }]);
  await putRaw(namespace, "state", [{ release: { format: "nearfeed-release" }, tombstones: [] }, "installed"]);
  await putRaw(namespace, "state", ["secret", "token"]);
  await store.close();
  const again = openStore(namespace);
  expect((await again.store.outbox()).map(({ id }) => id)).toEqual([like(1).id]);
  expect(await again.store.file("f")).toBeUndefined();
  expect(await again.store.state("installed")).toBeUndefined();
  expect(await again.store.stateOr("token", () => Uint8Array.of(1))).toEqual(Uint8Array.of(1));
  expect(again.errors.map(({ code }) => code)).toEqual(["storage"]);
});

/** From now on events find no room, until something makes room by deleting files; or for good. */
function fillUp({ forGood = false } = {}) {
  let full = true;
  IDBObjectStore.prototype.put = function (...given) {
    if (full && ["events", "outbox"].includes(this.name)) {
      throw new DOMException("made to be full", "QuotaExceededError");
    }
    return realPut.apply(this, given);
  };
  IDBObjectStore.prototype.clear = function () {
    if (this.name === "files") full = forGood;
    return realClear.call(this);
  };
  return { makeRoom: () => (full = false) };
}

test("on a full device events come before the stored release: it goes, they stay, and one error says so", async () => {
  const { store, errors } = openStore();
  const { release } = await syntheticRelease({ items: 20, dim: 8 });
  await store.putRelease([{ sha256: "f", bytes: new Uint8Array(10) }], {
    installed: { release, tombstones: [], rules: [] },
  });
  fillUp();
  expect(await store.putEvents([like(1)])).toBe(true);
  expect(await store.putEvents([like(2)])).toBe(true);
  expect((await store.log()).events.map(({ id }) => id)).toEqual([like(1).id, like(2).id]);
  expect(await store.file("f")).toBeUndefined();
  expect(await store.state("installed")).toBeUndefined();
  expect(errors.map(({ code }) => code)).toEqual(["storage"]);
  expect(errors[0]!.message).toMatch(/full/);
});

test("on a device that stays full nothing is thrown, and what was not stored is stored once there is room", async () => {
  const { store, errors } = openStore();
  await store.putEvents([like(1)]);
  const device = fillUp({ forGood: true });
  expect(await store.putEvents([like(2)])).toBe(false);
  expect(await store.putEvents([like(3)])).toBe(false);
  expect((await store.logBeyond(() => false))?.ids).toEqual(new Set([1, 2, 3].map((i) => like(i).id)));
  expect(errors.map(({ code }) => code)).toEqual(["storage"]);
  device.makeRoom();
  expect(await store.putEvents([like(4)])).toBe(true);
  expect((await store.log()).events.map(({ id }) => id)).toEqual([1, 2, 3, 4].map((i) => like(i).id));
});

/** Every connection that is opened from now on. */
function connections(): IDBDatabase[] {
  const found: IDBDatabase[] = [];
  IDBFactory.prototype.open = function (...given) {
    const request = realOpen.apply(this, given);
    request.addEventListener("success", () => found.push(request.result));
    return request;
  };
  return found;
}

async function deleted(name: string): Promise<void> {
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.addEventListener("success", resolve);
    request.addEventListener("error", reject);
  });
}

test.for([true, false])(
  "a store that is wiped while it is open begins anew (the browser says so: %s)",
  async (isTold) => {
    const all = connections();
    const { store, errors, namespace } = openStore();
    await store.putEvents([like(1)]);
    for (const db of all) {
      db.close();
      if (isTold) db.dispatchEvent(new Event("close"));
    }
    await deleted(databaseName(namespace));
    expect(await store.putEvents([like(2)])).toBe(true);
    expect((await store.log()).events.map(({ id }) => id)).toEqual([like(2).id]);
    expect(errors).toEqual([]);
  },
);

test("where every opening is refused, all operations answer, and one error is reported", async () => {
  IDBFactory.prototype.open = () => {
    throw new DOMException("made to be private", "SecurityError");
  };
  const { store, errors } = openStore();
  expect(await store.log()).toMatchObject({ events: [], seen: [], banned: [] });
  expect(await store.putEvents([like(1)])).toBe(false);
  const marks = { seen: [{ item: "x", at: 1 }], banned: [] };
  expect(await store.rewrite({ events: [like(2)], dropped: [like(1).id], ...marks }, 0)).toBe("failed");
  expect(await store.stateOr("token", () => Uint8Array.of(9))).toEqual(Uint8Array.of(9));
  await store.adjust({ a: 1 });
  expect(errors.map(({ code }) => code)).toEqual(["storage"]);
  await store.close();
});

test("a stored file that is damaged is reported and fetched again, and what was liked meanwhile gets its neighbours", async () => {
  const release = await syntheticRelease({ items: 200 });
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const first = open(edge, { namespace, consent: "local" });
  await first.recommender.sync();
  first.recommender.track("like", "item-4");
  await first.recommender.profile.get();
  await first.recommender.close();
  const { sha256, name } = release.release.files.neighbours;
  const bytes = release.blobs.get(sha256)!.slice();
  bytes.fill(255, 0, 64);
  await putRaw(namespace, "files", [{ sha256, bytes }]);
  edge.requests.length = 0;
  const again = open(edge, { namespace, consent: "local" });
  const feed = again.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  await after(again, feed, () => again.recommender.track("like", "item-12"));
  await until(() => again.errors.length > 0);
  expect(again.errors.map(({ code }) => code)).toEqual(["storage"]);
  expect(again.errors[0]!.message).toContain(name);
  await again.recommender.sync();
  expect(edge.requests.filter(({ line }) => line.includes("/v1/blobs/")).map(({ line }) => line)).toEqual([
    `GET /v1/blobs/${sha256}`,
  ]);
  const file = await again.recommender.profile.export();
  for (const { known } of file!.events) expect(known?.neighbours.length).toBe(8);
  await again.recommender.close();
  edge.requests.length = 0;
  edge.stop();
  const third = open(edge, { namespace, consent: "local" });
  expect(idsOf(await third.recommender.recommend({ surface: "home" })).length).toBe(20);
  expect(third.errors.filter(({ code }) => code !== "offline")).toEqual([]);
});
