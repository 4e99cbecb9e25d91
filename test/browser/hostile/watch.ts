/** Opens recommenders whose page and worker tell what nobody caught: after every test there must be nothing of it. */
import { afterEach, beforeEach, expect } from "vitest";
import type { Options } from "../../../client-sdk/index.ts";
import type { TestEdge } from "../../harness/synthetic/edge.ts";
import { open } from "../open.ts";
import type { Opened } from "../open.ts";

/** What nobody caught, on the page or in a worker. */
export const uncaught: string[] = [];

function caughtByNobody(event: ErrorEvent | PromiseRejectionEvent): void {
  const reason: unknown = "reason" in event ? event.reason : (event.error ?? event.message);
  uncaught.push(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
}

beforeEach(() => {
  uncaught.length = 0;
  addEventListener("error", caughtByNobody);
  addEventListener("unhandledrejection", caughtByNobody);
});

// Runs before the recommenders are closed, and once more with the next test.
afterEach(async () => {
  // A message of the worker, and the turn in which browsers tell of a rejection.
  await new Promise((resolve) => setTimeout(resolve, 20));
  removeEventListener("error", caughtByNobody);
  removeEventListener("unhandledrejection", caughtByNobody);
  expect(uncaught).toEqual([]);
});

/** A worker that tells what nobody caught. @param broken words of `sabotage.ts` */
export function watchedWorker(broken: readonly string[] = []): Worker {
  const worker = new Worker(`${new URL("./watched-worker.ts", import.meta.url).href}?broken=${broken}`, {
    type: "module",
  });
  worker.addEventListener("message", ({ data }: MessageEvent<{ uncaught?: unknown } | null>) => {
    if (typeof data?.uncaught === "string") uncaught.push(data.uncaught);
  });
  worker.addEventListener("error", ({ message }) => uncaught.push(message));
  return worker;
}

export function openWatched(edge: TestEdge, options: Partial<Options> = {}, broken: readonly string[] = []): Opened {
  return open(edge, { worker: () => watchedWorker(broken), ...options });
}
