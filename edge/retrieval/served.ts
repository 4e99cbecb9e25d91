// Which releases this edge answers for, and their tables in memory. Another release gets stale_release with the current
// id, so that a device knows what to fetch.

import { DEFAULT_CHANNEL } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/runtime.ts";
import { allServed, readChannels } from "../publish/channels.ts";
import { hasRelease, readRelease } from "../publish/releases.ts";
import { fromStore } from "../publish/stored.ts";
import { EmbeddedIndex } from "./embedded-index.ts";
import { loadTables } from "./tables.ts";
import type { Tables } from "./tables.ts";
import type { VectorIndex } from "./vector-index.ts";

/** Another isolate may have moved a channel; a release is served at most this much longer. */
const CHANNELS_MAX_AGE_MS = 5_000;

/** Releases held at once: the active one and the one before it, while devices move over. An isolate has 128 MB. */
const MAX_LOADED = 2;

/** A release ready to be searched. */
export interface ServedRelease {
  tables: Tables;
  index: VectorIndex;
}

/** Finds served releases. */
export interface ServedReleases {
  /** @throws NearfeedError stale_release, unknown_release */
  open(bucket: R2Bucket, id: string): Promise<ServedRelease>;
  /** To be called when a channel was changed by this isolate. */
  forget(): void;
}

/** Keeps the channels for a few seconds and the tables of the last two releases that were asked for. */
export function createServedReleases(options: { now: Clock }): ServedReleases {
  let known: { at: number; channels: Channel[] } | undefined;
  const loaded = new Map<string, Promise<ServedRelease>>(); // least recently used first

  async function channels(bucket: R2Bucket, maxAgeMs: number): Promise<Channel[]> {
    if (known === undefined || options.now() - known.at > maxAgeMs) {
      known = { channels: await readChannels(bucket), at: options.now() };
    }
    return known.channels;
  }

  async function checkServed(bucket: R2Bucket, id: string): Promise<void> {
    if (allServed(await channels(bucket, CHANNELS_MAX_AGE_MS)).has(id)) return;
    // What was remembered may be older than an activation elsewhere: look again before refusing.
    const fresh = await channels(bucket, -1);
    if (allServed(fresh).has(id)) return;
    if (!(await hasRelease(bucket, id))) {
      throw new NearfeedError("unknown_release", "no release of this id was published", { path: "release" });
    }
    const current = (fresh.find(({ channel }) => channel === DEFAULT_CHANNEL) ?? fresh[0])?.release;
    throw new NearfeedError("stale_release", `release ${id} is not served`, {
      path: "release",
      hint: current === undefined ? "No release is active." : `The current release is ${current}.`,
    });
  }

  function load(bucket: R2Bucket, id: string): Promise<ServedRelease> {
    const found = loaded.get(id);
    loaded.delete(id);
    const loading = found ?? loadRelease(bucket, id);
    loaded.set(id, loading);
    for (const oldest of loaded.keys()) {
      if (loaded.size <= MAX_LOADED) break;
      loaded.delete(oldest);
    }
    if (found === undefined) {
      loading.catch(() => {
        if (loaded.get(id) === loading) loaded.delete(id); // a failure is not remembered
      });
    }
    return loading;
  }

  return {
    async open(bucket, id) {
      await checkServed(bucket, id);
      return load(bucket, id);
    },
    forget() {
      known = undefined;
    },
  };
}

async function loadRelease(bucket: R2Bucket, id: string): Promise<ServedRelease> {
  const release = await readRelease(bucket, id);
  if (release === null) throw new NearfeedError("bad_release", `release ${id} is gone from the bucket`);
  const tables = await fromStore(`release ${id}`, () => loadTables(bucket, release));
  return { tables, index: new EmbeddedIndex(tables.index, tables.memory) };
}
