/**
 * The loop as a visitor of any browser walks through it, on the page of `test/delivery/hosts/loop.js`. Each step throws
 * where the browser does not do what it should.
 */
import assert from "node:assert/strict";
import { DEMO, ERASE, FEATURES, full, HELPERS, LIKE_ALL, LIKES, PROFILE, SECOND_TAB, underLimits } from "./in-page.ts";
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
  /** The SDK's entry on the edge. */
  readonly sdk: string;
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
  /** What consent `full` comes to: less where the browser sends Global Privacy Control. */
  readonly full: "full" | "local";
}

export async function walkTheLoop(
  visitor: Visitor,
  { page, plain, limited, demo, sdk }: Addresses,
): Promise<LoopResult> {
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

  const liked = await step<{ ms: number[]; top: string[]; deep: number }>("like", LIKE_ALL);
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
  const atFull = await step<Full>("consent full", full(sdk));
  assert.deepEqual(
    atFull,
    atFull.capped
      ? { capped: true, consent: "local", uploaded: 0, remote: "none" }
      : { capped: false, consent: "full", uploaded: LIKES.length, remote: "sent" },
  );

  return {
    floor,
    engine: workers > 0 ? "worker" : "page",
    firstListMs,
    reactionMs: Math.round(liked.ms.sort((a, b) => a - b)[Math.floor(liked.ms.length / 2)]!),
    missing,
    full: atFull.consent,
  };
}

/** What came of consent `full`. */
interface Full {
  /** The browser sends Global Privacy Control. */
  readonly capped: boolean;
  readonly consent: "full" | "local";
  /** Events that left. */
  readonly uploaded: number;
  readonly remote: string;
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
