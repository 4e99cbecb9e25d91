/** Reads the tree of processes, to end one with everything it started. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Ids of all processes below one, parents before their children. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found: number[] = [];
  const waiting = [pid];
  for (let parent = waiting.shift(); parent !== undefined; parent = waiting.shift()) {
    const children = pairs.filter(([, ppid]) => ppid === parent).map(([child]) => child);
    found.push(...children);
    waiting.push(...children);
  }
  return found;
}
