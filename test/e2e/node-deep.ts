/** The deep floor of a published release in Node: the SDK's own runtime file, with onnxruntime-web's wasm from disk. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createDeepSession, type DeepSession } from "../../client-sdk/ort.ts";
import type { Release } from "../../shared/release.ts";
import { fetchFile } from "../harness/edge-release.ts";

/** The two graphs of a model. */
export interface Graphs {
  readonly encoder: Uint8Array;
  readonly ranker: Uint8Array;
}

/** @throws Error for a release without models */
export async function openNodeDeep(url: string, release: Release): Promise<DeepSession> {
  const { encoder, ranker } = release.files;
  if (!encoder || !ranker) throw new Error(`Release ${release.id} has no models.`);
  return createNodeDeep({ encoder: await fetchFile(url, encoder), ranker: await fetchFile(url, ranker) }, release);
}

/** Runs graphs that have the shapes of a release. */
export async function createNodeDeep(graphs: Graphs, { dim, heads }: Release): Promise<DeepSession> {
  const wasm = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  return createDeepSession({
    ...graphs,
    dim,
    heads: heads?.names.length ?? 0,
    wasmUrl: pathToFileURL(wasm).href,
    // Node's fetch knows no file: addresses.
    wasmBinary: await readFile(wasm),
  });
}
