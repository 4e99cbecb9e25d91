/**
 * How much a visitor downloads: the built SDK, brotli-compressed as a CDN sends it, and the two graphs that the trainer
 * exports, whose size does not depend on what they have learnt.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { DEFAULT_ITEMS } from "../trainer/items/fit-items.ts";
import { untrainedModels } from "./harness/untrained-models.ts";
import type { Row } from "./schema.ts";

const SDK = join(import.meta.dirname, "../dist/browser");

export async function* run(): AsyncIterable<Row> {
  yield { id: "sdk-entry-brotli", unit: "bytes", value: await brotliBytes("index.js") };
  yield { id: "sdk-entry-brotli", variant: "nearfeed/react", unit: "bytes", value: await brotliBytes("react.js") };
  yield {
    id: "sdk-entry-brotli",
    variant: "nearfeed/devtools",
    unit: "bytes",
    value: await brotliBytes("devtools.js"),
  };
  yield { id: "sdk-worker-brotli", unit: "bytes", value: await brotliBytes("worker.js") };
  yield { id: "sdk-worker-brotli", variant: "onnxruntime-web", unit: "bytes", value: await brotliBytes("ort.js") };
  yield { id: "sdk-worker-brotli", variant: "ed25519", unit: "bytes", value: await brotliBytes("ed25519.js") };
  const { encoder, ranker } = untrainedModels(DEFAULT_ITEMS.dim, 0);
  yield { id: "model-bytes", unit: "bytes", value: encoder.length + ranker.length, note: `d = ${DEFAULT_ITEMS.dim}` };
}

async function brotliBytes(name: string): Promise<number> {
  const source = await readFile(join(SDK, name)).catch(() => {
    throw new Error(`dist/browser/${name} is missing: run \`npm run build\` first`);
  });
  return brotliCompressSync(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}
