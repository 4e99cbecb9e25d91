/** Commands of ours in processes of their own, so that training does not slow what answers the page. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { NearfeedError } from "../../shared/errors.ts";

export interface BackgroundOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Gives way to everything else on the machine. */
  readonly low?: boolean;
  /** Lines of its stderr. */
  readonly onLine?: (line: string) => void;
}

/** Runs a Node script and returns its stdout. @throws NearfeedError `cancelled`, or what the script failed with */
export async function runNode(
  script: string,
  args: readonly string[],
  { cwd, signal, low, onLine }: BackgroundOptions,
): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
  if (low && child.pid !== undefined) lowerPriority(child.pid);
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await outputOf(child, script, onLine);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function outputOf(child: ChildProcess, script: string, onLine?: (line: string) => void): Promise<string> {
  let [out, err, rest] = ["", "", ""];
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => {
    err = (err + chunk.toString()).slice(-4_000);
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return out;
  throw new NearfeedError("internal", `${script} ended with code ${code}:\n${err.trim() || out.trim()}`);
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // A machine that does not allow it only trains at equal priority.
  }
}
