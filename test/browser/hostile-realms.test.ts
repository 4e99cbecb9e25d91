import { expect, test } from "vitest";
import type { Options } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { openWatched } from "./hostile/watch.ts";
import { after, clusterOf, freshNamespace, idsOf, shown } from "./open.ts";

/** Several visits, on a machine that may be busy. */
const LIMIT_MS = 60_000;

const release = await syntheticRelease({ items: 200 });

/** What is broken in the worker, and whether what was liked is there again at the next visit. */
const BROKEN: readonly (readonly [string, boolean])[] = [
  ["indexedDB", false],
  ["indexedDB.open", false],
  ["locks", true],
  ["locks.absent", true],
  ["locks.silent", true],
  ["locks.request", true],
  ["BroadcastChannel", true],
  ["BroadcastChannel.postMessage", true],
  ["crypto.subtle", true],
  ["crypto", true],
  ["structuredClone", true],
  ["prototypes", true],
];

test.for(BROKEN)(
  "in a worker where %s is broken the whole of a visit works, and the next one",
  { timeout: LIMIT_MS },
  async ([broken, kept]) => {
    const edge = testEdge(release);
    const options: Partial<Options> = { consent: "full", publicKey: "key", namespace: freshNamespace() };
    const first = openWatched(edge, options, [broken]);
    const feed = first.recommender.feed({ surface: "home" });
    await shown(feed, ({ floor, entries }) => floor === "linear" && entries.length > 0);
    for (let i = 0; i < 6; i++) await after(first, feed, () => first.recommender.track("like", `item-${3 + 8 * i}`));
    const listed = idsOf(feed.getSnapshot());
    const share = listed.filter((id) => clusterOf(id) === 3).length;
    expect(share, `of ${listed.length}; by chance an eighth: ${listed.join(" ")}`).toBeGreaterThan(8);
    expect((await first.recommender.sync()).status).toBe("unchanged");
    first.recommender.profile.adjust("c5", 0.5);
    const exported = await first.recommender.profile.export();
    expect(exported?.events).toHaveLength(6);
    expect(exported?.adjustments).toEqual({ c5: 0.5 });
    await first.recommender.setConsent("local");
    await first.recommender.close();

    const second = openWatched(edge, { ...options, consent: "local" }, [broken]);
    expect((await second.recommender.recommend({ surface: "home" })).status).toBe("ready");
    expect((await second.recommender.profile.get()).positives).toBe(kept ? 6 : 0);
    expect(await second.recommender.profile.import(exported)).toMatchObject({ status: "imported" });
    expect((await second.recommender.profile.get()).positives).toBe(6);
    const erased = await second.recommender.erase();
    expect(["sent", "pending", "none"]).toContain(erased.remote);
    expect((await second.recommender.profile.get()).positives).toBe(0);
    const codes = new Set([...first.errors, ...second.errors].map(({ code }) => code));
    for (const code of codes) expect(["storage", "worker"]).toContain(code);
  },
);
