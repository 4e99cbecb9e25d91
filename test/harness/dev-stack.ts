/**
 * Runs `nearfeed dev` as a user does, as a child process on a free port with a state folder of its own, and reads what
 * it prints. What it prints is its contract: `nearfeed ready <url>`, later `nearfeed deep ready`.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { descendantsOf } from "./processes.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** Beyond these a start counts as hung; the promises themselves are asserted by the tests, which are stricter. */
const READY_LIMIT_MS = 120_000;
const DEEP_LIMIT_MS = 900_000;
/** How long a stop may take before the processes are killed. */
const STOP_LIMIT_MS = 15_000;

export interface DevStack {
  readonly url: string;
  readonly state: string;
  /** From the spawn to `nearfeed ready`. */
  readonly readyMs: number;
  /** From the spawn to `nearfeed deep ready`. */
  deepReady(): Promise<number>;
  /** Everything printed so far. */
  output(): string;
  /** Asks it to end and waits until no process of it is left. */
  stop(): Promise<void>;
  /** Ctrl-C: interrupts every process of its group at once. @returns the processes there were, which must all be gone */
  interrupt(): Promise<number[]>;
  /** Kills every process of it at once, workerd first, so that none can tidy up. */
  kill(): Promise<void>;
}

/** Resolves when the page is usable. */
export async function startDevStack({ state }: { state: string }): Promise<DevStack> {
  const port = await freePort();
  const startedAt = performance.now();
  const command = ["bin/nearfeed.js", "dev", "--port", String(port), "--state", state];
  // A group of its own, as a shell gives to a command: the ctrl-C of a terminal reaches the whole of it.
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const printed = readOutput(child);
  const ready = await printed.line(/^nearfeed ready (\S+)/m, READY_LIMIT_MS).catch(async (error: unknown) => {
    await stop(child);
    throw error;
  });
  const readyMs = performance.now() - startedAt;
  return {
    url: ready[1]!.replace(/\/$/, ""),
    state,
    readyMs,
    async deepReady() {
      const { at } = await printed.line(/^nearfeed deep ready/m, DEEP_LIMIT_MS);
      return at - startedAt;
    },
    output: printed.text,
    stop: () => stop(child),
    interrupt: () => interrupt(child),
    kill: () => kill(child),
  };
}

interface Output {
  text(): string;
  /** The first line that matches, with when it came. */
  line(pattern: RegExp, limitMs: number): Promise<RegExpMatchArray & { at: number }>;
}

function readOutput(child: ChildProcess): Output {
  const lines: { text: string; at: number }[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on("line", (text) => {
      lines.push({ text, at: performance.now() });
      for (const listener of listeners) listener();
    });
  }
  const text = () => lines.map((line) => line.text).join("\n");
  return {
    text,
    line: (pattern, limitMs) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          child.off("exit", gone);
          settle();
        };
        const look = () => {
          for (const line of lines) {
            const found = line.text.match(pattern);
            if (found) return finish(() => resolve(Object.assign(found, { at: line.at })));
          }
        };
        const fail = (what: string) =>
          finish(() => reject(new Error(`${what} before ${pattern}. It printed:\n${text()}`)));
        const gone = () => fail(`nearfeed dev ended (${child.exitCode ?? child.signalCode})`);
        const timer = setTimeout(() => fail(`${limitMs} ms passed`), limitMs);
        listeners.add(look);
        child.once("exit", gone);
        look();
      }),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => void kill(child), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}

async function interrupt(child: ChildProcess): Promise<number[]> {
  const exited = once(child, "exit");
  const processes = [child.pid!, ...(await descendantsOf(child.pid!))];
  process.kill(-child.pid!, "SIGINT");
  await exited;
  return processes;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  for (const pid of [...(await descendantsOf(child.pid))].reverse()) killQuietly(pid);
  killQuietly(child.pid);
  await exited;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
