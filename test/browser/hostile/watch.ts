/** Opens recommenders whose page and worker tell what nobody caught: after every test there must be nothing of it. */
import { afterEach, beforeEach, expect } from "vitest";
import type { Options } from "../../../client-sdk/index.ts";
import type { TestEdge } from "../../harness/synthetic/edge.ts";
import { open } from "../open.ts";
import type { Opened } from "../open.ts";
import { listen, settled, uncaught, watchedWorker } from "./uncaught.ts";

let end: () => void;

beforeEach(() => {
  end = listen();
});

afterEach(async () => {
  await settled();
  end();
  // oxlint-disable-next-line vitest/no-standalone-expect
  expect(uncaught).toEqual([]);
});

/** @param broken words of `sabotage.ts`: what is broken in the worker */
export function openWatched(edge: TestEdge, options: Partial<Options> = {}, broken: readonly string[] = []): Opened {
  return open(edge, { worker: () => watchedWorker(broken), ...options });
}
