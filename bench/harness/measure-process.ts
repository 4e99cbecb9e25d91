/** Runs a command to its end and says how long it took and how much memory all its processes held at most. Linux only. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Measured {
  readonly seconds: number;
  /** Resident, of all processes of the command's group at one moment, the most of any. */
  readonly peakBytes: number;
  /** What it printed on its standard output. */
  readonly output: string;
}

const SAMPLE_EVERY_MS = 500;

/** Of /proc/<pid>/smaps_rollup, in kB: pages that several processes share count a part for each. */
const SHARE = /^Pss:\s+(\d+) kB/m;

/** @throws Error with the end of what it said, where it fails */
export async function measureProcess(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  const startedMs = performance.now();
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let [output, said, peakBytes] = ["", "", 0];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  const sampling = setInterval(() => (peakBytes = Math.max(peakBytes, groupBytes(child.pid!))), SAMPLE_EVERY_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${output.slice(-500)} ${said}`);
  } finally {
    clearInterval(sampling);
  }
  return { seconds: (performance.now() - startedMs) / 1_000, peakBytes, output };
}

/** Of the group, and of those that have left it for a session of their own but descend from it. */
function groupBytes(leader: number): number {
  const parents = new Map<number, { readonly parent: number; readonly group: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOr(`/proc/${name}/stat`);
    const [, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    parents.set(Number(name), { parent: Number(parent), group: Number(group) });
  }
  const isOurs = (pid: number): boolean => {
    const found = parents.get(pid);
    return found !== undefined && (found.group === leader || isOurs(found.parent));
  };
  let bytes = 0;
  for (const pid of parents.keys()) {
    if (isOurs(pid)) bytes += 1_024 * Number(SHARE.exec(readOr(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return bytes;
}

/** A process may end while it is looked at. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
