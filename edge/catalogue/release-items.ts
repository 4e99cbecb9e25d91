// Which items and regions some releases have, without anything else of them. Not the live items; those are live-view.ts.

import type { Channel } from "../../shared/channel.ts";
import type { Release } from "../../shared/release.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { EdgeEnv } from "../bindings.ts";
import { readChannels } from "../publish/channels.ts";
import { readRelease } from "../publish/releases.ts";
import { loadIds } from "../retrieval/load-ids.ts";

/** What is read is used this much longer, unless whoever asks wants less. */
const MAX_AGE_MS = 10_000;

/** What the releases have. */
export interface ReleaseItems {
  /** Ids of the releases. */
  readonly releases: readonly string[];
  /** Whether any of them has the item. */
  has(item: string): boolean;
  /** Whether all of them have it. */
  allHave(item: string): boolean;
  hasRegion(region: string): boolean;
}

/** Reads what releases have. */
export interface ReleaseItemsReader {
  read(env: Pick<EdgeEnv, "BUCKET">, options?: { maxAgeMs?: number }): Promise<ReleaseItems>;
}

interface Held {
  readonly release: Release;
  readonly has: (id: string) => boolean;
}

/** The releases that a channel makes lists of now; not the one before, which is served a while longer. */
export function activeReleases({ release, canary }: Channel): string[] {
  return canary === undefined ? [release] : [release, canary.release];
}

/**
 * Keeps the ids of releases as long as they are asked for: their bytes, and eight to sixteen more an item.
 * @param options.of names the releases of a channel
 */
export function createReleaseItems(options: { now: Clock; of: (channel: Channel) => string[] }): ReleaseItemsReader {
  let held = new Map<string, Held>();
  let known: { at: number; items: Promise<ReleaseItems> } | undefined;

  async function load({ BUCKET }: Pick<EdgeEnv, "BUCKET">): Promise<ReleaseItems> {
    const next = new Map<string, Held>();
    for (const id of new Set((await readChannels(BUCKET)).flatMap(options.of))) {
      const kept = held.get(id);
      const release = kept?.release ?? (await readRelease(BUCKET, id));
      // A channel may point at a release that somebody deleted from the bucket.
      if (release) next.set(id, kept ?? { release, has: await loadIds(BUCKET, release) });
    }
    held = next;
    const all = [...next.values()];
    return {
      releases: [...next.keys()],
      has: (item) => all.some(({ has }) => has(item)),
      allHave: (item) => all.every(({ has }) => has(item)),
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
