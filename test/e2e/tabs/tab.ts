/**
 * One tab of a browser with the built SDK in it, on an empty page of the edge's origin. A tab acts on its own, in bursts,
 * and can be killed in the middle of one. What runs inside the page is here too.
 */
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import type { Feed, Recommender } from "../../../client-sdk/index.ts";
import { ROOT } from "../../harness/dev-stack.ts";
import type { OwnAnswer } from "../../harness/recording-proxy.ts";

const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm" };
export const NAMESPACE = "tabs";

/** The SDK is imported by the page's own script: an import written here would be the test runner's. */
const PAGE = `<!doctype html><title>tab</title>
<script type="module">
  import { createRecommender } from "/built/index.js";
  globalThis.createRecommender = createRecommender;
</script>`;

/** What the pages of the tabs need beside the edge: an empty page, and the built SDK. */
export async function ownAnswers(): Promise<(path: string) => OwnAnswer | undefined> {
  const files = ["index.js", "worker.js", "ort.js", "ed25519.js", "ort-wasm-simd-threaded.wasm"];
  const bodies = new Map<string, Uint8Array>();
  for (const name of files) bodies.set(name, await readFile(join(ROOT, "dist/browser", name)));
  return (path) => {
    if (path === "/tab") return { type: "text/html", body: PAGE };
    const name = path.startsWith("/built/") ? path.slice("/built/".length) : "";
    const body = bodies.get(name);
    return body && { type: TYPES[extname(name)]!, body };
  };
}

export interface Tab {
  readonly page: Page;
  /** What went wrong on the page itself. */
  readonly complaints: string[];
  /** Acts; resolves when the engine has taken everything in. */
  burst(seed: number, events: number): Promise<void>;
  /** The renderer dies at once: no script of the page or of its worker runs any more. */
  kill(): Promise<void>;
  /** Scores of all items, by id, as this tab's profile gives them. */
  scores(ids: readonly string[]): Promise<Record<string, number>>;
  /** Ids in the log of this tab's engine. */
  events(): Promise<string[]>;
  floor(): Promise<string>;
  release(): Promise<string | null>;
}

/** What the page keeps between calls. */
interface TabPage {
  recommender: Recommender;
  feed: Feed;
  tracked: string[];
}

/** @throws where the page did not come to a first list */
export async function openTab(context: BrowserContext, origin: string): Promise<Tab> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${origin}/tab`);
  await page.evaluate(async (namespace) => {
    const { createRecommender } = globalThis as unknown as typeof import("../../../client-sdk/index.ts");
    const recommender = createRecommender({
      endpoint: location.origin,
      consent: "full",
      publicKey: "dev",
      namespace,
    });
    const feed = recommender.feed({ surface: "home" });
    Object.assign(globalThis, { recommender, feed, tracked: [] } satisfies TabPage);
    if (feed.getSnapshot().entries.length === 0) {
      await new Promise<void>((resolve) => {
        const end = feed.subscribe(() => {
          if (feed.getSnapshot().entries.length === 0) return;
          end();
          resolve();
        });
      });
    }
  }, NAMESPACE);
  return {
    page,
    complaints,
    burst: (seed, events) => page.evaluate(act, { seed, events }),
    async kill() {
      const session = await context.newCDPSession(page);
      const crashed = new Promise((resolve) => page.once("crash", resolve));
      // The command's own answer never comes: nobody is left to give it.
      session.send("Page.crash").catch(() => {});
      await crashed;
      await page.close();
    },
    scores: (ids) =>
      page.evaluate(
        async (all) => {
          const { recommender } = globalThis as unknown as TabPage;
          const list = await recommender.rank(all, { surface: "check", count: 200 });
          return Object.fromEntries(list.entries.map(({ id, score }) => [id, score]));
        },
        [...ids],
      ),
    events: () =>
      page.evaluate(async () => {
        const { recommender } = globalThis as unknown as TabPage;
        const exported = await recommender.profile.export();
        return exported!.events.map(({ event }) => event.id).sort();
      }),
    floor: () => page.evaluate(() => (globalThis as unknown as TabPage).feed.getSnapshot().floor),
    release: () => page.evaluate(async () => (await (globalThis as unknown as TabPage).recommender.sync()).release),
  };
}

/** Runs in the page: what a person does with a feed, drawn from a seed. */
async function act({ seed, events }: { seed: number; events: number }): Promise<void> {
  const { recommender, feed, tracked } = globalThis as unknown as TabPage;
  let state = seed >>> 0;
  // Mulberry32, because nothing of the test's own modules is here.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < events; i++) {
    const { entries } = feed.getSnapshot();
    const entry = entries[Math.floor(random() * entries.length)];
    if (!entry) throw new Error("the feed is empty");
    const draw = random();
    if (draw < 0.35) tracked.push(recommender.track("impression", entry));
    else if (draw < 0.6) tracked.push(recommender.track("skip", entry));
    else if (draw < 0.75) tracked.push(recommender.track("like", entry));
    else if (draw < 0.9) tracked.push(recommender.track("view", entry, { dwellMs: 20_000, fraction: random() }));
    else if (draw < 0.93) tracked.push(recommender.track("hide", entry));
    else if (tracked.length > 0) recommender.undo(tracked[Math.floor(random() * tracked.length)]!);
    if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await recommender.profile.get();
}
