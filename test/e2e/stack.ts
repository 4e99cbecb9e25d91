/** The stack that all end-to-end tests share, as the global setup provides it, and what tests do to it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { fetchManifest } from "../harness/edge-release.ts";
import { ROOT } from "../harness/dev-stack.ts";

/** Figures of a start that trained everything, on this machine and with these sources. */
export interface Timings {
  /** From `npm start` to the printed `nearfeed ready`. */
  readonly readyMs: number;
  /** From then to a list ranked by the linear floor in a fresh browser. */
  readonly usableMs: number;
  /** From `npm start` to the printed `nearfeed deep ready`. */
  readonly deepMs: number;
  /** From `npm start` to the page, open since it was usable, being ranked by the deep floor. */
  readonly swapMs: number;
  /** From a second start, with the state of the first, to `nearfeed ready`. */
  readonly secondReadyMs: number;
}

/** What `npm start` promises on a machine with two cores. */
export const LIMITS = { usableMs: 30_000, swapMs: 180_000, secondReadyMs: 15_000 } as const;

export interface SharedStack {
  readonly url: string;
  readonly secret: string;
  readonly state: string;
  /** Ids of the two releases that the first start made. */
  readonly releases: { readonly linear: string; readonly deep: string };
  readonly timings: Timings;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: SharedStack;
  }
}

/** Runs one command of the CLI against an edge, as an operator does. @returns what it printed */
export async function nearfeed(args: readonly string[], edge: { url: string; secret: string }): Promise<string> {
  const env = { ...process.env, NEARFEED_EDGE: edge.url, NEARFEED_SECRET: edge.secret };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(ROOT, "bin/nearfeed.js"), ...args], {
    env,
  });
  return stdout + stderr;
}

/** Makes `stable` point at a release, unless it does already. */
export async function activate(release: string): Promise<void> {
  const stack = inject("stack");
  if ((await fetchManifest(stack.url)).channel.release === release) return;
  await nearfeed(["activate", release], stack);
}
