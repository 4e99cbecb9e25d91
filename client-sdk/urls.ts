/**
 * Where the SDK's other files lie. Every URL is a literal `new URL(…, import.meta.url)`, because that is the one form in
 * which bundlers of host apps notice a file and take it along; an app whose bundler does not says where they are.
 */

/** The web worker's script. @param folder overrides where it is looked for; relative ones are resolved against the page */
export function workerUrl(folder?: string): string {
  const name = "worker.js";
  return folder === undefined ? beside(name, () => new URL("./worker.ts", import.meta.url)) : within(folder, name);
}

/** The runtime of the deep floor, a file of its own so that the linear floor never loads it. */
export function ortUrl(folder?: string): string {
  const name = "ort.js";
  return folder === undefined ? beside(name, () => new URL("./ort.ts", import.meta.url)) : within(folder, name);
}

/** Ed25519 for browsers that have none, a file of its own because most have it. */
export function ed25519Url(folder?: string): string {
  const name = "ed25519.js";
  return folder === undefined ? beside(name, () => new URL("./ed25519.ts", import.meta.url)) : within(folder, name);
}

/** The wasm of the deep floor's runtime. */
export function wasmUrl(folder?: string): string {
  const name = "ort-wasm-simd-threaded.wasm";
  if (folder !== undefined) return within(folder, name);
  return beside(
    name,
    () => new URL("../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", import.meta.url),
  );
}

/** Bundled into a classic script the SDK does not know its own address; the page's is the best guess then. */
function beside(name: string, literal: () => URL): string {
  try {
    return literal().href;
  } catch {
    return new URL(name, pageUrl()).href;
  }
}

function within(folder: string, name: string): string {
  const base = new URL(folder, pageUrl());
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL(name, base).href;
}

/**
 * What relative URLs are resolved against, as `fetch` does it: a frame made of text has no address of its own, but a base.
 * A server that renders the page has neither, loads none of the files and never asks the edge.
 */
export function pageUrl(): string {
  return globalThis.document?.baseURI ?? globalThis.location?.href ?? "http://localhost/";
}
