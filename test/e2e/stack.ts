/** What tests do to the stack that they share. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { fetchManifest } from "../harness/edge-release.ts";
import { ROOT } from "../harness/dev-stack.ts";

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
