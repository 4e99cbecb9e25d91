/** Bundles one Worker and runs it in workerd, the runtime of the edge, without wrangler: one process, no bindings. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { build } from "esbuild";

export interface RunningWorker {
  readonly url: string;
  stop(): Promise<void>;
}

/** `workerd` tells on this descriptor where it listens. */
const CONTROL = 3;

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    compatibilityDate = "2026-11-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/** @param entry the Worker's module. @throws where workerd ends before it listens */
export async function runWorker(entry: string): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-bench-"));
  try {
    const outfile = join(folder, "worker.js");
    await build({ entryPoints: [entry], bundle: true, format: "esm", target: "es2022", outfile, logLevel: "error" });
    await writeFile(join(folder, "config.capnp"), CONFIG);
    const running = await start(folder);
    return {
      url: running.url,
      async stop() {
        await running.stop();
        await rm(folder, { recursive: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

async function start(folder: string): Promise<RunningWorker> {
  const child = spawn(workerdFile(), ["serve", `--control-fd=${CONTROL}`, join(folder, "config.capnp")], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    let told = "";
    (child.stdio[CONTROL] as Readable).on("data", (chunk: Buffer) => {
      told += chunk.toString();
      const line = told.split("\n").find((text) => text.includes('"listen"'));
      if (line !== undefined) resolve((JSON.parse(line) as { port: number }).port);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`workerd ended (${code ?? signal}) before it listened`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The binary that wrangler runs. */
function workerdFile(): string {
  const wrangler = createRequire(import.meta.url).resolve("wrangler/package.json");
  return (createRequire(wrangler)("workerd") as { default: string }).default;
}
