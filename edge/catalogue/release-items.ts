// Which items and regions some releases have, without anything else of them. The ids of a release are here, or, where they are
// too many, asked of its shards. Not the live items; those are live-view.ts.

import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { EdgeEnv } from "../bindings.ts";
import { readChannels } from "../publish/channels.ts";
import { readRelease } from "../publish/releases.ts";
import { loadIds } from "../retrieval/load-ids.ts";
import { RELEASES_BYTES, isSharded } from "../retrieval/served.ts";
import { openSharded } from "../shards/open-sharded.ts";
import type { ShardBindings } from "../shards/slots.ts";

/** What is read is used this much longer, unless whoever asks wants less. */
const MAX_AGE_MS = 10_000;

/** What the releases have. */
export interface ReleaseItems {
  /** Ids of the releases. */
  readonly releases: readonly string[];
  /** Which of some items they have. */
  among(items: readonly string[]): Promise<KnownItems>;
  hasRegion(region: string): boolean;
}

/**
 * What releases have of some items; of others nothing is said. Where it hangs on a shard that does not answer, it is neither
 * yes nor no: both throw NearfeedError unavailable, and whoever asked tries again.
 */
export interface KnownItems {
  /** Whether any of them has the item. */
  has(item: string): boolean;
  /** Whether all of them have it. */
  allHave(item: string): boolean;
}

/** Reads what releases have. */
export interface ReleaseItemsReader {
  read(env: CatalogueBindings, options?: { maxAgeMs?: number }): Promise<ReleaseItems>;
}

type CatalogueBindings = Pick<EdgeEnv, "BUCKET"> & ShardBindings;

/** Those of some items that a release has, and the parts of it that did not say. */
interface Found {
  readonly items: ReadonlySet<string>;
  readonly missing: readonly string[];
}

type Among = (items: readonly string[]) => Promise<Found>;

interface Held {
  readonly release: Release;
  readonly among: Among;
}

/** A shard that was just woken has read its rows by then; nobody waits for a list meanwhile. */
const SHARD_DEADLINE_MS = 10_000;

/** The releases that a channel makes lists of now; not the one before, which is served a while longer. */
export function activeReleases({ release, canary }: Channel): string[] {
  return canary === undefined ? [release] : [release, canary.release];
}

/**
 * Keeps the ids of releases as long as they are asked for: their bytes, and eight to sixteen more an item.
 * @param options.of names the releases of a channel
 * @param options.roomBytes a release that needs more is in shards, and its ids are asked of them
 */
export function createReleaseItems(options: {
  now: Clock;
  of: (channel: Channel) => string[];
  roomBytes?: number;
}): ReleaseItemsReader {
  const { roomBytes = RELEASES_BYTES } = options;
  let held = new Map<string, Held>();
  let known: { at: number; items: Promise<ReleaseItems> } | undefined;

  async function load(env: CatalogueBindings): Promise<ReleaseItems> {
    const { BUCKET } = env;
    const next = new Map<string, Held>();
    for (const id of new Set((await readChannels(BUCKET)).flatMap(options.of))) {
      const kept = held.get(id);
      const release = kept?.release ?? (await readRelease(BUCKET, id));
      // A channel may point at a release that somebody deleted from the bucket.
      if (release) next.set(id, kept ?? { release, among: await amongOf(env, release, roomBytes) });
    }
    held = next;
    const all = [...next.values()];
    return {
      releases: [...next.keys()],
      async among(items) {
        return knownBy(await Promise.all(all.map(({ among }) => among(items))));
      },
      hasRegion: (region) => all.some(({ release }) => release.regions.includes(region)),
    };
  }

  return {
    read(env, { maxAgeMs = MAX_AGE_MS } = {}) {
      const at = options.now();
      if (known !== undefined && at - known.at < maxAgeMs) return known.items;
      const items = load(env);
      const mine = { at, items };
      known = mine;
      // Neither a failure nor that there is nothing yet is remembered: the first release counts at once.
      const forget = () => (known === mine ? (known = undefined) : undefined);
      items.then(({ releases }) => (releases.length === 0 ? forget() : undefined), forget);
      return items;
    },
  };
}

function knownBy(found: readonly Found[]): KnownItems {
  const missing = found.flatMap((each) => each.missing);
  const unless = (isKnown: boolean, answer: boolean): boolean => {
    if (isKnown) return answer;
    throw new NearfeedError("unavailable", `${missing.join(", ")} does not answer`);
  };
  return {
    has(item) {
      const isThere = found.some(({ items }) => items.has(item));
      return unless(isThere || missing.length === 0, isThere);
    },
    allHave(item) {
      const lacking = found.filter(({ items }) => !items.has(item));
      const isLacking = lacking.some((each) => each.missing.length === 0);
      return unless(isLacking || lacking.length === 0, lacking.length === 0);
    },
  };
}

async function amongOf(env: CatalogueBindings, release: Release, roomBytes: number): Promise<Among> {
  if (!isSharded(env, release, roomBytes)) {
    const has = await loadIds(env.BUCKET, release);
    return async (items) => ({ items: new Set(items.filter(has)), missing: [] });
  }
  const { tables } = await openSharded(env, release, { deadlineMs: SHARD_DEADLINE_MS });
  return async (items) => {
    const missing: string[] = [];
    try {
      const rows = await tables.rowsOf(items, (part) => missing.push(part));
      return { items: new Set(items.filter((_, at) => rows[at]! >= 0)), missing };
    } catch (error) {
      if (!(error instanceof NearfeedError && error.code === "unavailable")) throw error;
      return { items: new Set(), missing: [`every shard of ${release.id}`] };
    }
  };
}
