/**
 * The loop as a visitor of any browser walks through it, on the page of `test/delivery/hosts/loop.js`. Each step throws
 * where the browser does not do what it should.
 */
import assert from "node:assert/strict";
import type { Visitor } from "./visitor.ts";

export interface Addresses {
  /** A page with the SDK beside it, under the strictest policy of docs/csp.md. */
  readonly page: string;
  /** A page of another origin than the SDK, which comes from the edge. */
  readonly plain: string;
  /** Pages under other policies, with what they leave. */
  readonly limited: readonly { readonly what: string; readonly page: string; readonly expected: Limited }[];
  /** The demo page. */
  readonly demo: string;
}

export interface Limited {
  readonly floor: "linear" | "deep";
  readonly engine: "worker" | "page";
  /** Codes of the errors reported. */
  readonly errors: readonly string[];
}

export interface LoopResult {
  /** The highest floor, and where the engine ran. */
  readonly floor: string;
  readonly engine: "worker" | "page";
  /** From the navigation to a list that the linear or the deep floor made, in ms. */
  readonly firstListMs: number;
  /** From a like to the new order, median, in ms. */
  readonly reactionMs: number;
  /** What the SDK could not use here. */
  readonly missing: readonly string[];
}

/** A step that takes longer is a failure; the promises about time are those of the benches. */
const STEP_LIMIT_MS = 30_000;
const LIKES = ["item-3", "item-11", "item-19", "item-27", "item-35"];

export async function walkTheLoop(visitor: Visitor, { page, plain, limited, demo }: Addresses): Promise<LoopResult> {
  const step = <R>(name: string, body: string) => named(name, visitor.run<R>(HELPERS + body));

  await visitor.goto(page);
  const firstListMs = await step<number>(
    "first list",
    "await reach(['linear', 'deep']); return Math.round(performance.now());",
  );
  const { floor, workers } = await step<{ floor: string; workers: number }>(
    "deep floor",
    "await reach(['deep']); return { floor: document.documentElement.dataset.floor, workers: host.workers };",
  );

  const liked = await step<{ ms: number[]; top: string[]; deep: number }>("like", likeAll());
  assert.ok(alike(liked.top) >= 3, `after likes of ${LIKES} the first are ${liked.top}`);
  assert.ok(liked.deep > 0, "the deep term of the first entry comes from ORT");

  const other = await step<string[]>("a second tab follows", SECOND_TAB);
  assert.ok(alike(other) >= 3, `the other tab shows ${other}`);

  await visitor.goto(page);
  const kept = await step<{ positives: number; top: string[] }>("reload keeps the profile", PROFILE);
  assert.equal(kept.positives, LIKES.length + 1);
  assert.ok(alike(kept.top) >= 3, `after a reload the first are ${kept.top}`);

  const erased = await step<object>("erase", ERASE);
  assert.deepEqual(erased, { local: "erased", positives: 0 });
  await visitor.goto(page);
  const again = await step<{ positives: number }>("reload after erase", PROFILE);
  assert.equal(again.positives, 0);
  const errors = await step<{ code: string }[]>("errors", "return host.errors;");
  assert.deepEqual(errors, []);

  await visitor.goto(plain);
  const crossOrigin = await step<number>("SDK of another origin", "await reach(['deep']); return host.workers;");
  assert.equal(crossOrigin, workers, "the engine runs where it runs for a page of the same origin");

  for (const { what, page: limitedPage, expected } of limited) {
    await visitor.goto(limitedPage);
    assert.deepEqual(await step<Limited>(what, underLimits(expected)), expected, what);
  }

  const missing = await step<string[]>("features", FEATURES);
  await visitor.goto(demo);
  await step("the demo page", DEMO);

  return {
    floor,
    engine: workers > 0 ? "worker" : "page",
    firstListMs,
    reactionMs: Math.round(liked.ms.sort((a, b) => a - b)[Math.floor(liked.ms.length / 2)]!),
    missing,
  };
}

async function named<R>(name: string, work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** How many of the first five items are of the cluster of those that were liked. */
function alike(ids: readonly string[]): number {
  return ids.slice(0, 5).filter((id) => Number(id.slice("item-".length)) % 8 === 3).length;
}

const HELPERS = `
  const until = async (what, condition) => {
    const deadline = performance.now() + ${STEP_LIMIT_MS};
    for (let held = await condition(); ; held = await condition()) {
      if (held) return held;
      if (performance.now() > deadline) {
        const state = globalThis.host && { errors: host.errors, ...host.feed.getSnapshot(), entries: undefined };
        throw new Error("never " + what + ": " + JSON.stringify(state));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const reach = (floors) => until(floors.join(" or "), () => {
    const { floor, entries } = document.documentElement.dataset;
    return globalThis.host && floors.includes(floor) && entries === "20";
  });
  const top = (feed) => feed.getSnapshot().entries.map(({ id }) => id).slice(0, 5);
`;

function likeAll(): string {
  return `
    const ms = [];
    for (const id of ${JSON.stringify(LIKES)}) {
      const event = host.recommender.track("like", id);
      const seen = () => host.reactions.find((each) => each.event === event);
      ms.push((await until("reacted", seen)).ms);
      if (seen().floor !== "deep") throw new Error("the reaction came from the floor " + seen().floor);
    }
    const { terms } = await host.recommender.explain(host.feed.getSnapshot().entries[0]);
    return { ms, top: top(host.feed), deep: terms.find(({ kind }) => kind === "deep").value };`;
}

const SECOND_TAB = `
  const other = host.open();
  const feed = other.feed({ surface: "home", count: 20 });
  await until("opened", () => feed.getSnapshot().floor === "deep");
  const before = await other.profile.get();
  host.recommender.track("like", "item-43");
  await until("followed", async () => (await other.profile.get()).positives === before.positives + 1);
  const ids = top(feed);
  await other.close();
  return ids;`;

const PROFILE = `
  await reach(["deep"]);
  const { positives } = await host.recommender.profile.get();
  return { positives, top: top(host.feed) };`;

const ERASE = `
  const { local } = await host.recommender.erase();
  return { local, positives: (await host.recommender.profile.get()).positives };`;

/** What does not come can only be waited for: the runtime is loaded, or has failed, when the error or the floor is there. */
function underLimits({ floor, errors }: Limited): string {
  return `
    await reach(["${floor}"]);
    await until("${errors.length} errors", () => host.errors.length >= ${errors.length});
    const event = host.recommender.track("like", "item-3");
    await until("reacted", () => host.reactions.some((each) => each.event === event));
    const { floor } = host.feed.getSnapshot();
    await host.recommender.erase();
    return { floor, engine: host.workers > 0 ? "worker" : "page", errors: host.errors.map(({ code }) => code) };`;
}

const FEATURES = `
  const here = {
    "Web Locks": navigator.locks, BroadcastChannel: globalThis.BroadcastChannel, "crypto.subtle": crypto.subtle,
    sendBeacon: navigator.sendBeacon, "Ed25519": await crypto.subtle?.generateKey("Ed25519", false, ["sign", "verify"]).catch(() => undefined),
    "Global Privacy Control": "globalPrivacyControl" in navigator,
    "storage.persist": navigator.storage?.persist,
  };
  return Object.keys(here).filter((name) => !here[name]);`;

const DEMO = `
  const floorOf = () => document.documentElement.dataset.floor;
  await until("the demo is deep", () => floorOf() === "deep" && document.querySelector("#queue .row"));
  const queue = () => [...document.querySelectorAll("#queue .row")].map((row) => row.dataset.item).join();
  const before = queue();
  document.querySelector('#stage [data-action="like"]').click();
  await until("the demo reacted", () => document.querySelector("#reaction").dataset.event && queue() !== before);`;
