/**
 * The Worker of the suite in workerd, with wrangler's simulators of the bucket (on disk) and of Durable Objects. Locally all
 * objects are in the one isolate of the Worker and run one after another.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { SHARD_BINDINGS } from "../../edge/shards/slots.ts";
import { descendantsOf } from "../../test/harness/processes.ts";
import { wasmBeside } from "../../test/harness/wasm-beside.ts";

const HOST = "127.0.0.1";
const BYTES_PER_KIB = 1_024;

export interface LocalWorker {
  readonly url: string;
  /** Resident memory of workerd, bytes. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** @param state folder of the bucket */
export async function startLocalWorker(state: string): Promise<LocalWorker> {
  const wasm = new Map<string, string>();
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["cloudflare:workers"],
    logLevel: "error",
    plugins: [wasmBeside((path, name) => void wasm.set(name, path))],
  });
  const compiled = [...wasm].map(async ([path, file]) => {
    return { type: "CompiledWasm" as const, path, contents: await readFile(file) };
  });
  // One that nobody has asked for ten seconds would be put away, and read its rows again in the middle of a measurement.
  const objects = SHARD_BINDINGS.map((binding, slot) => {
    return [binding, { className: `IndexShard${slot}`, useSQLite: true, unsafePreventEviction: true }];
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [
        { type: "ESModule" as const, path: "worker.js", contents: outputFiles[0]!.text },
        ...(await Promise.all(compiled)),
      ],
      compatibilityDate: "2026-11-01",
      r2Buckets: ["BUCKET"],
      durableObjects: Object.fromEntries(objects),
      unsafeDirectSockets: [{ host: HOST, port: 0 }],
      host: HOST,
      port: 0,
      cf: false,
      resourcePersistencePath: state,
    }),
  );
  await miniflare.ready;
  const url = (await miniflare.unsafeGetDirectURL()).origin;
  return {
    url,
    async residentBytes() {
      const pids = await descendantsOf(process.pid);
      const { stdout } = await promisify(execFile)("ps", ["-o", "rss=,comm=", "-p", pids.join(",")]);
      const sizes = stdout.split("\n").filter((line) => line.includes("workerd"));
      return Math.max(...sizes.map((line) => Number.parseInt(line, 10))) * BYTES_PER_KIB;
    },
    stop: () => miniflare.dispose(),
  };
}
