/**
 * The edge alone, as a real workerd process on a port of its own: to kill it, to load it, to send it anything. It has no
 * page and trains nothing; `dev-stack.ts` runs both ends together.
 */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { descendantsOf } from "./processes.ts";

const START_LIMIT_MS = 60_000;
const BYTES_PER_KIB = 1_024;
/** Of Linux's clock ticks, which are a hundredth of a second on every machine that Node runs on. */
const MS_PER_TICK = 10;

export interface LocalEdgeOptions {
  /** Folder of its state; a later edge on the same folder goes on with it. */
  readonly state: string;
  /** The publish secret. */
  readonly secret: string;
  /** False: without the event queue, so that 202 follows the insert. */
  readonly queue: boolean;
  /** True: with room for no release, so that each is searched in shards. */
  readonly cramped?: boolean;
  /** True: counts what it is billed for; `GET /meter` says it (`metered-worker.ts`). */
  readonly metered?: boolean;
  /** True: the queue refuses some of what it is sent (`refusing-worker.ts`). */
  readonly refusing?: boolean;
}

export interface LocalEdge {
  readonly url: string;
  readonly secret: string;
  /** What the Worker has logged so far. */
  output(): string;
  /** Resident memory of the workerd process, bytes. */
  residentBytes(): Promise<number>;
  /** What the workerd process has computed since it began, its simulators of bucket, queue and objects included. Linux only. */
  cpuMs(): Promise<number>;
  /** Sends SIGKILL to workerd, so that it can finish nothing, and takes away the process that started it. */
  kill(): Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
}

/** Resolves when it answers. */
export async function startLocalEdge(options: LocalEdgeOptions): Promise<LocalEdge> {
  const child = fork(join(import.meta.dirname, "local-edge-process.ts"), [JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false" },
  });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const url = await told(child, () => said);
  const workerd = await workerdOf(child);
  return {
    url,
    secret: options.secret,
    output: () => said,
    async residentBytes() {
      const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(workerd)]);
      return Number(stdout) * BYTES_PER_KIB;
    },
    async cpuMs() {
      const stat = await readFile(`/proc/${workerd}/stat`, "utf8");
      // Behind the name, which may have spaces; the two are in ticks.
      const [user, system] = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .slice(11, 13);
      return (Number(user) + Number(system)) * MS_PER_TICK;
    },
    async kill() {
      // workerd first and at once: its parent may still have something to tell it.
      process.kill(workerd, "SIGKILL");
      await end(child, () => child.kill("SIGKILL"));
    },
    stop: () => end(child, () => child.disconnect()),
  };
}

async function told(child: ChildProcess, said: () => string): Promise<string> {
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const message = once(child, "message", { signal });
  const exit = once(child, "exit", { signal }).then(() => {
    throw new Error(`the local edge ended before it answered:\n${said()}`);
  });
  try {
    const [{ url }] = (await Promise.race([message, exit])) as [{ url: string }];
    exit.catch(() => undefined);
    return url;
  } catch (error) {
    message.catch(() => undefined);
    child.kill("SIGKILL");
    throw error;
  }
}

/** The one workerd among the processes below the child. */
async function workerdOf(child: ChildProcess): Promise<number> {
  const pids = await descendantsOf(child.pid!);
  const { stdout } = await promisify(execFile)("ps", ["-o", "pid=,comm=", "-p", pids.join(",")]);
  const found = stdout
    .split("\n")
    .filter((line) => line.includes("workerd"))
    .map((line) => Number.parseInt(line, 10));
  if (found.length !== 1) throw new Error(`found ${found.length} workerd processes below the edge's, expected one`);
  return found[0]!;
}

async function end(child: ChildProcess, how: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  how();
  await exited;
}
