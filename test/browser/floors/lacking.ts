/**
 * A visit, and a second one, in a browser or on a device that lacks something: what has to come all the same. The files
 * that use it are apart because, without a worker, the runtime of the deep floor is started once a page.
 */
import { expect } from "vitest";
import type { Floor, Options } from "../../../client-sdk/index.ts";
import { wasmUrl } from "../../../client-sdk/urls.ts";
import { FEATURES } from "../../../shared/features.ts";
import { testEdge } from "../../harness/synthetic/edge.ts";
import { linearGraphs } from "../../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../../harness/synthetic/release.ts";
import { after, clusterOf, freshNamespace, idsOf, open, shown, until } from "../open.ts";

const DIM = 16;
const weights = new Float32Array(FEATURES.length).fill(0.01);
export const release = await syntheticRelease({
  items: 400,
  dim: DIM,
  models: { ...linearGraphs(DIM, weights), heads: ["like"] },
});

/** What a browser or a device may lack. */
export const LACKS = ["wasm", "worker", "indexedDB", "network", "speed"] as const;
export type Lack = (typeof LACKS)[number];

const GLOBALS = { wasm: "WebAssembly", indexedDB: "indexedDB" } as const;
const here = (path: string) => new URL(path, import.meta.url).href;

/** Runs in a browser that lacks something, and gives it back afterwards. */
export async function without(
  lacks: readonly Lack[],
  use: (options: Partial<Options>) => Promise<void>,
): Promise<void> {
  const absent = (["wasm", "indexedDB"] as const).filter((lack) => lacks.includes(lack)).map((lack) => GLOBALS[lack]);
  const url = `${here("./lacking-worker.ts")}?lacks=${absent}`;
  const options: Partial<Options> = {
    worker: () => {
      if (lacks.includes("worker")) throw new Error("no worker here");
      return new Worker(url, { type: "module" });
    },
    ...(lacks.includes("speed") && {
      assets: here("./slow/"),
      wasmPaths: new URL(".", wasmUrl()).href,
    }),
  };
  // Without a worker the engine runs on the page, so the page has to lack it too.
  const kept = lacks.includes("worker")
    ? absent.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)!] as const)
    : [];
  for (const [name] of kept)
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
  try {
    await use(options);
  } finally {
    for (const [name, descriptor] of kept) Object.defineProperty(globalThis, name, descriptor);
  }
}

function bestFloor(lacks: readonly Lack[]): Floor {
  return lacks.includes("wasm") || lacks.includes("speed") ? "linear" : "deep";
}

/** @throws what is not as it should be */
export async function visitTwice(lacks: readonly Lack[]): Promise<void> {
  const thrown: unknown[] = [];
  const listen = (event: ErrorEvent | PromiseRejectionEvent) =>
    thrown.push("reason" in event ? event.reason : event.error);
  addEventListener("error", listen);
  addEventListener("unhandledrejection", listen);
  await without(lacks, async (options) => {
    const namespace = freshNamespace();
    const edge = testEdge(release);
    const visit = { ...options, consent: "local", namespace } as const;
    const first = open(edge, visit);
    const feed = first.recommender.feed({ surface: "home" });
    await shown(feed, ({ floor, entries }) => floor === "linear" && entries.length > 0);
    await first.recommender.sync();
    if (!lacks.includes("wasm")) await shown(feed, ({ floor }) => floor === "deep");
    for (let i = 0; i < 16; i++) await after(first, feed, () => first.recommender.track("like", `item-${3 + 8 * i}`));
    const reached = await shown(feed, ({ floor }) => floor === bestFloor(lacks));
    expect(reached.status).toBe("ready");
    const share = idsOf(reached).filter((id) => clusterOf(id) === 3).length / reached.entries.length;
    expect(share, "most of the feed follows the likes, by chance one in eight would").toBeGreaterThan(0.5);
    const codes = new Set(first.errors.map(({ code }) => code));
    const expected = [
      ...(lacks.includes("wasm") || lacks.includes("speed") ? ["model"] : []),
      ...(lacks.includes("indexedDB") ? ["storage"] : []),
    ];
    await until(() => expected.every((code) => first.errors.some((error) => error.code === code)));
    expect(new Set([...codes, ...expected])).toEqual(new Set(expected));
    await first.recommender.close();

    if (lacks.includes("network")) edge.stop();
    const second = open(edge, visit);
    const list = await second.recommender.recommend({ surface: "home" });
    const profile = await second.recommender.profile.get();
    if (!lacks.includes("indexedDB")) {
      expect(profile.positives).toBe(16);
      expect(list.status).toBe("ready");
      const again = list.entries.filter(({ id }) => clusterOf(id) === 3).length / list.entries.length;
      expect(again).toBeGreaterThan(0.5);
    } else if (lacks.includes("network")) {
      // Nothing is kept and nothing can be had: that is said, not thrown.
      expect(list).toMatchObject({ status: "failed", offline: true, entries: [] });
      expect(list.error?.code).toBe("offline");
    } else {
      expect(profile.positives).toBe(0);
      expect(list.status).toBe("ready");
    }
  });
  removeEventListener("error", listen);
  removeEventListener("unhandledrejection", listen);
  expect(thrown).toEqual([]);
}
