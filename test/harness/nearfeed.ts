/** Runs one command of the CLI against an edge, as an operator does. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./dev-stack.ts";

/** @returns what it printed */
export async function nearfeed(args: readonly string[], edge: { url: string; secret: string }): Promise<string> {
  const env = { ...process.env, NEARFEED_EDGE: edge.url, NEARFEED_SECRET: edge.secret };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(ROOT, "bin/nearfeed.js"), ...args], {
    env,
  });
  return stdout + stderr;
}
