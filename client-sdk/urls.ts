/**
 * Where the SDK's other files lie. Every URL is a literal `new URL(…, import.meta.url)`, because that is the one form in
 * which bundlers of host apps notice a file and take it along.
 */

export function workerUrl(): string {
  return new URL("./worker.ts", import.meta.url).href;
}

/** The runtime of the deep floor, a file of its own so that the linear floor never loads it. */
export function ortUrl(): string {
  return new URL("./ort.ts", import.meta.url).href;
}

/** @param folder overrides where the wasm is looked for; a URL, relative ones are resolved against the page */
export function wasmUrl(folder?: string): string {
  if (folder === undefined) {
    return new URL("../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", import.meta.url).href;
  }
  // A server that renders the page has no location, and loads no wasm.
  const base = new URL(folder, globalThis.location?.href ?? "http://localhost");
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL("ort-wasm-simd-threaded.wasm", base).href;
}
