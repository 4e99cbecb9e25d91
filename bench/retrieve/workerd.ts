/**
 * Bundles one Worker and runs it in workerd, the runtime of the edge, without wrangler: one process, and one binding, FILES,
 * that answers the files of a folder. The wasm that the Worker imports goes along.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { build } from "esbuild";
import { wasmBeside } from "../../test/harness/wasm-beside.ts";

export interface RunningWorker {
  readonly url: string;
  stop(): Promise<void>;
}

/** `workerd` tells on this descriptor where it listens. */
const CONTROL = 3;

/** What `bundle` made: the folder of the Worker's modules and its configuration. */
export interface BundledWorker {
  /** Runs it in a process of its own. @throws where workerd ends before it listens */
  run(): Promise<RunningWorker>;
  remove(): Promise<void>;
}

/**
 * @param entry the Worker's module
 * @param files the folder behind FILES
 */
export async function bundleWorker(entry: string, files: string): Promise<BundledWorker> {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-bench-"));
  const remove = () => rm(folder, { recursive: true });
  try {
    const wasm = new Set<string>();
    const outfile = join(folder, "worker.js");
    const beside = async (path: string, name: string) => {
      await copyFile(path, join(folder, name));
      wasm.add(name);
    };
    const plugins = [wasmBeside(beside)];
    const target = "es2022";
    await build({ entryPoints: [entry], bundle: true, format: "esm", target, outfile, logLevel: "error", plugins });
    await writeFile(join(folder, "config.capnp"), config([...wasm], files));
    return { run: () => start(folder), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function config(wasm: readonly string[], files: string): string {
  const modules = wasm.map((name) => `, (name = "${name}", wasm = embed "${name}")`).join("");
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")${modules}],
      bindings = [(name = "FILES", service = "files")],
      compatibilityDate = "2026-11-01",
    )),
    (name = "files", disk = (path = ${JSON.stringify(files)})),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
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
