// Which releases this edge answers for, and their tables in memory. Another release gets stale_release with the current
// id, so that a device knows what to fetch.

import { DEFAULT_CHANNEL } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { LiveTable } from "../catalogue/live-table.ts";
import type { EdgeEnv } from "../bindings.ts";
import { allServed, readChannels } from "../publish/channels.ts";
import { hasRelease, readRelease, RELEASE_ID } from "../publish/releases.ts";
import { fromStore } from "../publish/stored.ts";
import { readVectors } from "../publish/vectors.ts";
import { openSharded, shardedBytes } from "../shards/open-sharded.ts";
import type { ShardBindings } from "../shards/slots.ts";
import { EmbeddedIndex } from "./embedded-index.ts";
import { orderSeed } from "./item-orders.ts";
import type { ItemOrders } from "./item-orders.ts";
import type { Hydrator, Items } from "./items.ts";
import { openPack } from "./pack.ts";
import type { Pack } from "./pack.ts";
import { hydratorOf, loadTables, tablesBytes } from "./tables.ts";
import type { VectorIndex } from "./vector-index.ts";
import { VectorizeIndex } from "./vectorize-index.ts";

/** Another isolate may have moved a channel; a release is served at most this much longer. */
const CHANNELS_MAX_AGE_MS = 5_000;

/** What releases may hold of an isolate's 128 MB; the rest is for the code and for requests. */
export const RELEASES_BYTES = 96_000_000;

/** A release ready to be searched. */
export interface ServedRelease {
  tables: Items;
  index: VectorIndex;
  orders: ItemOrders;
  hydrator: Hydrator;
  /** What was changed since it was made, where that is in `tables` and `index`. */
  live?: LiveTable;
}

/** What is read of a release without its tables. */
export interface Packs {
  release: Release;
  /** Undefined in releases that were made without. */
  pools: Pack | undefined;
  rows: Pack | undefined;
}
/** Where releases lie. */
export type ReleaseBindings = Pick<EdgeEnv, "BUCKET" | "VECTORIZE"> & ShardBindings;

/** Finds served releases. */
export interface ServedReleases {
  /** @throws NearfeedError stale_release, unknown_release */
  open(bindings: ReleaseBindings, id: string): Promise<ServedRelease>;
  /** Any release that was published. @throws NearfeedError unknown_release */
  published(bindings: ReleaseBindings, id: string): Promise<ServedRelease>;
  /** Opens a release anew the next time: its vectors lie elsewhere now. */
  reload(id: string): void;
  /** Loads no tables. @throws NearfeedError as {@link ServedReleases.open} */
  packs(bucket: R2Bucket, id: string): Promise<Packs>;
  /** Lets go of releases until so many bytes more fit, or none is left. */
  makeRoom(bytes: number): void;
  /** Whether a release is too large for the Worker, and there are shards for it. */
  isSharded(bindings: ShardBindings, release: Release): boolean;
  /** To be called when a channel was changed by this isolate. */
  forget(): void;
}

/**
 * Keeps the channels for a few seconds, and the tables of the releases that were last asked for: while devices move over
 * that is the active one and the one before it, where both fit. Where they do not, the older goes before the newer is read.
 *
 * @param options.roomBytes what all tables together may hold; a release that needs more is searched in shards, and where there
 * are none it is loaded all the same, alone
 */
export function createServedReleases(options: { now: Clock; roomBytes: number }): ServedReleases {
  let known: { at: number; channels: Promise<Channel[]>; served?: ReadonlySet<string> } | undefined;
  const loaded = new Map<string, Held>(); // least recently used first
  const described = new Map<string, Promise<Packs>>();

  /** Whoever asks while they are being read waits for the same answer: a listing is the dearest thing a bucket does. */
  function channels(bucket: R2Bucket, maxAgeMs: number): Promise<Channel[]> {
    const at = options.now();
    if (known !== undefined && at - known.at <= maxAgeMs) return known.channels;
    const mine: NonNullable<typeof known> = {
      channels: readChannels(bucket),
      at,
      ...(known?.served && { served: known.served }),
    };
    known = mine;
    mine.channels.then(
      (read) => (mine.served = allServed(read)),
      () => (known === mine ? (known = undefined) : undefined), // a failure is not remembered
    );
    return mine.channels;
  }

  async function checkServed(bucket: R2Bucket, id: string): Promise<void> {
    if (!RELEASE_ID.test(id)) throw unknownRelease();
    if (allServed(await channels(bucket, CHANNELS_MAX_AGE_MS)).has(id)) return;
    // An id that somebody made up costs one look, not the listing of all channels.
    await checkPublished(bucket, id);
    // What was remembered may be older than an activation elsewhere: look again before refusing.
    const fresh = await channels(bucket, -1);
    if (allServed(fresh).has(id)) return;
    const current = (fresh.find(({ channel }) => channel === DEFAULT_CHANNEL) ?? fresh[0])?.release;
    throw new NearfeedError("stale_release", `release ${id} is not served`, {
      path: "release",
      hint: current === undefined ? "No release is active." : `The current release is ${current}.`,
    });
  }

  function load(bindings: ReleaseBindings, id: string): Promise<ServedRelease> {
    const held: Held = loaded.get(id) ?? startLoading(bindings, id);
    loaded.delete(id);
    loaded.set(id, held);
    return held.release;
  }

  function startLoading(bindings: ReleaseBindings, id: string): Held {
    const willHold = (bytes: number): void => {
      held.bytes = bytes;
      makeRoom(id);
    };
    const inShards = (release: Release) => isSharded(bindings, release, options.roomBytes);
    const release = loadRelease(bindings, id, { inShards, willHold });
    const held: Held = { release, bytes: 0 };
    release.catch(() => loaded.get(id) === held && loaded.delete(id)); // a failure is not remembered
    return held;
  }

  /** Lets go of other releases until all fit; a request that is at work on one keeps it until it is answered. */
  function makeRoom(forId?: string, moreBytes = 0): void {
    const total = () => [...loaded.values()].reduce((sum, { bytes }) => sum + bytes, moreBytes);
    for (const id of loaded.keys()) {
      if (total() <= options.roomBytes) return;
      if (id !== forId) loaded.delete(id);
    }
  }

  /** Few bytes each; those that are not served any more go with the next one that is. */
  function describe(bucket: R2Bucket, id: string): Promise<Packs> {
    const found = described.get(id) ?? describeRelease(bucket, id);
    for (const other of described.keys()) if (!known?.served?.has(other)) described.delete(other);
    described.set(id, found);
    found.catch(() => described.get(id) === found && described.delete(id)); // a failure is not remembered
    return found;
  }

  return {
    async open(bindings, id) {
      await checkServed(bindings.BUCKET, id);
      return load(bindings, id);
    },
    async published(bindings, id) {
      await checkPublished(bindings.BUCKET, id);
      return load(bindings, id);
    },
    isSharded: (bindings, release) => isSharded(bindings, release, options.roomBytes),
    reload(id) {
      loaded.delete(id);
    },
    async packs(bucket, id) {
      await checkServed(bucket, id);
      return describe(bucket, id);
    },
    makeRoom: (bytes) => makeRoom(undefined, bytes),
    forget() {
      known = undefined;
    },
  };
}

/** Whether a release is too large for the Worker, and there are shards for it. */
export function isSharded(bindings: ShardBindings, release: Release, roomBytes: number): boolean {
  return tablesBytes(release) > roomBytes && bindings.INDEX_SHARD_0 !== undefined;
}

async function checkPublished(bucket: R2Bucket, id: string): Promise<void> {
  if (!(await hasRelease(bucket, id))) throw unknownRelease();
}

function unknownRelease(): NearfeedError {
  return new NearfeedError("unknown_release", "no release of this id was published", { path: "release" });
}

interface Held {
  readonly release: Promise<ServedRelease>;
  /** What it holds, or will once it is loaded; 0 until that is known. */
  bytes: number;
}

async function readServed(bucket: R2Bucket, id: string): Promise<Release> {
  const release = await readRelease(bucket, id);
  if (release === null) throw new NearfeedError("bad_release", `release ${id} is gone from the bucket`);
  return release;
}

async function describeRelease(bucket: R2Bucket, id: string): Promise<Packs> {
  const release = await readServed(bucket, id);
  return { release, pools: openPack(bucket, release, "pools"), rows: openPack(bucket, release, "rows") };
}

/** @param willHold is told the bytes that will be held, before they are read */
async function loadRelease(
  bindings: ReleaseBindings,
  id: string,
  { inShards, willHold }: { inShards: (release: Release) => boolean; willHold: (bytes: number) => void },
): Promise<ServedRelease> {
  const release = await readServed(bindings.BUCKET, id);
  const sharded = inShards(release);
  willHold(sharded ? shardedBytes(release) : tablesBytes(release));
  const opened = await fromStore(`release ${id}`, () =>
    sharded ? inShardsOf(bindings, release) : inMemory(bindings, release),
  );
  const { BUCKET, VECTORIZE } = bindings;
  const vectors = VECTORIZE && (await readVectors(BUCKET, id));
  if (!vectors) return opened;
  const items = {
    dictionaries: opened.tables.head.dictionaries,
    hydrate: (...asked: Parameters<Hydrator["hydrate"]>) => opened.hydrator.hydrate(...asked),
  };
  return { ...opened, index: new VectorizeIndex(VECTORIZE, id, { items, ranks: vectors.ranks }) };
}

async function inMemory({ BUCKET }: ReleaseBindings, release: Release): Promise<ServedRelease> {
  const tables = await loadTables(BUCKET, release);
  const made = { seed: orderSeed(release.id), madeAt: release.createdAt };
  const index = new EmbeddedIndex(tables.index, tables.memory, made);
  return { tables, index, orders: index, hydrator: hydratorOf(tables) };
}

async function inShardsOf(bindings: ReleaseBindings, release: Release): Promise<ServedRelease> {
  const { tables, index } = await openSharded(bindings, release);
  return { tables, index, orders: index, hydrator: index };
}
