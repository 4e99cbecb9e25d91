// Which items and regions there are now: those of the releases that channels point at. Not which are served: a release
// that was replaced is served a while longer, but what only it has does not trend any more.

import type { Release } from "../../shared/release.ts";
import type { Clock } from "../../shared/runtime.ts";
import type { EdgeEnv } from "../bindings.ts";
import { readChannels } from "../publish/channels.ts";
import { readRelease } from "../publish/releases.ts";
import { loadIds } from "../retrieval/load-ids.ts";

/** An item counts this much later than its release was activated, at most. */
const MAX_AGE_MS = 10_000;

/** What there is. */
export interface ActiveItems {
  has(item: string): boolean;
  hasRegion(region: string): boolean;
}

interface Held {
  readonly release: Release;
  readonly has: (id: string) => boolean;
}

/** Keeps the ids of active releases: their bytes and eight to sixteen more an item. */
export function createActiveItems({ now }: { now: Clock }): {
  read(env: Pick<EdgeEnv, "BUCKET">): Promise<ActiveItems>;
} {
  let held = new Map<string, Held>();
  let known: { at: number; items: Promise<ActiveItems> } | undefined;

  async function load({ BUCKET }: Pick<EdgeEnv, "BUCKET">): Promise<ActiveItems> {
    const channels = await readChannels(BUCKET);
    const ids = new Set(channels.flatMap(({ release, canary }) => [release, ...(canary ? [canary.release] : [])]));
    const next = new Map<string, Held>();
    for (const id of ids) {
      const kept = held.get(id);
      const release = kept?.release ?? (await readRelease(BUCKET, id));
      // A channel may point at a release that somebody deleted from the bucket.
      if (release) next.set(id, kept ?? { release, has: await loadIds(BUCKET, release) });
    }
    held = next;
    const all = [...next.values()];
    return {
      has: (item) => all.some(({ has }) => has(item)),
      hasRegion: (region) => all.some(({ release }) => release.regions.includes(region)),
    };
  }

  return {
    read(env) {
      const at = now();
      if (known !== undefined && at - known.at < MAX_AGE_MS) return known.items;
      const items = load(env);
      known = { at, items };
      items.catch(() => (known?.items === items ? (known = undefined) : undefined)); // the next call tries again
      return items;
    },
  };
}
