/** How much a visitor downloads: the built SDK, brotli-compressed as a CDN sends it, and the models of a release. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { newestDeepRelease } from "./harness/newest-release.ts";
import type { Row } from "./schema.ts";

const SDK = join(import.meta.dirname, "../dist/browser");

export async function* run(): AsyncIterable<Row> {
  yield { id: "sdk-entry-brotli", unit: "bytes", value: await brotliBytes("index.js") };
  yield { id: "sdk-worker-brotli", unit: "bytes", value: await brotliBytes("worker.js") };
  yield { id: "sdk-worker-brotli", variant: "onnxruntime-web", unit: "bytes", value: await brotliBytes("ort.js") };
  const release = await newestDeepRelease();
  if (!release) throw new Error("no release with models under .nearfeed/: run `npm start` until `nearfeed deep ready`");
  const { encoder, ranker } = release.files;
  yield { id: "model-bytes", unit: "bytes", value: encoder.bytes + ranker.bytes, note: `release ${release.id}` };
}

async function brotliBytes(name: string): Promise<number> {
  const source = await readFile(join(SDK, name)).catch(() => {
    throw new Error(`dist/browser/${name} is missing: run \`npm run build\` first`);
  });
  return brotliCompressSync(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}
