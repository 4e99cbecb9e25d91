/**
 * The process of `local-edge.ts`: the edge of wrangler.toml in workerd, with wrangler's own simulator of bucket, queue and
 * Durable Objects, and without the page. Tells its parent the address, and ends with it.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptionsShape } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import type { LocalEdgeOptions } from "./local-edge.ts";
import { wasmBeside } from "./wasm-beside.ts";

const ROOT = join(import.meta.dirname, "../..");
const HOST = "127.0.0.1";

const {
  state,
  secret,
  queue,
  cramped = false,
  metered = false,
  refusing = false,
} = JSON.parse(process.argv[2]!) as LocalEdgeOptions;
await promisify(execFile)(process.execPath, [join(ROOT, "scripts/build-kernel.ts")]);
const modules = await bundle(join(ROOT, entryOf()));
const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
const { assets: _, queueProducers, queueConsumers, ...configured } = workerOptions;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...configured,
    ...(queue &&
      ({ queueProducers, queueConsumers } as Pick<V4WorkerOptionsShape, "queueProducers" | "queueConsumers">)),
    bindings: { ...(configured.bindings as Record<string, string>), PUBLISH_SECRET: secret },
    modules,
    // Past the layer that lets a browser look at the Worker: what is measured and killed is the Worker itself.
    unsafeDirectSockets: [{ host: HOST, port: 0 }],
    host: HOST,
    port: 0,
    cf: false,
    resourcePersistencePath: state,
  }),
);
process.once("disconnect", () => void miniflare.dispose().then(() => process.exit()));
await miniflare.ready;
const url = await miniflare.unsafeGetDirectURL();
process.send!({ url: url.origin });

function entryOf(): string {
  if (metered) return "test/harness/metered-worker.ts";
  if (refusing) return "test/harness/refusing-worker.ts";
  return cramped ? "test/harness/cramped-worker.ts" : "edge/worker.ts";
}

async function bundle(entry: string) {
  const wasm = new Map<string, string>();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["cloudflare:workers"],
    define: { CRAMPED: String(cramped) },
    logLevel: "error",
    plugins: [wasmBeside((path, name) => void wasm.set(name, path))],
  });
  const compiled = [...wasm].map(async ([path, file]) => {
    return { type: "CompiledWasm" as const, path, contents: await readFile(file) };
  });
  return [
    { type: "ESModule" as const, path: "worker.js", contents: outputFiles[0]!.text },
    ...(await Promise.all(compiled)),
  ];
}
