/** The deep floor of a published release in Node: the SDK's own runtime file, with onnxruntime-web's wasm from disk. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createDeepSession, type DeepSession } from "../../client-sdk/ort.ts";
import type { Release } from "../../shared/release.ts";
import { fetchFile } from "../harness/edge-release.ts";

/** @throws Error for a release without models */
export async function openNodeDeep(url: string, release: Release): Promise<DeepSession> {
  const { encoder, ranker } = release.files;
  if (!encoder || !ranker || !release.heads) throw new Error(`Release ${release.id} has no models.`);
  const wasm = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  return createDeepSession({
    encoder: await fetchFile(url, encoder),
    ranker: await fetchFile(url, ranker),
    dim: release.dim,
    heads: release.heads.names.length,
    wasmUrl: pathToFileURL(wasm).href,
  });
}
