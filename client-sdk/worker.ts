/**
 * The web worker: offers the engine over comlink. Imported on the page's thread, where no worker can be started, it does
 * nothing until `serve` is called.
 */
import { expose } from "comlink";
import type { Endpoint } from "comlink";
import { createEngine } from "./engine/engine.ts";
import type { EngineApi } from "./messages.ts";

/** Answers calls that come through an endpoint. */
export function serve(endpoint: Endpoint): void {
  let engine: Omit<EngineApi, "open"> | undefined;
  const api: Partial<EngineApi> = {
    open(init, page) {
      engine = createEngine(init, page);
      Object.assign(api, engine);
    },
  };
  expose(api, endpoint);
}

// A worker has no document; the page that imports this file has.
if (typeof document === "undefined" && typeof postMessage === "function") {
  serve(globalThis as unknown as Endpoint);
  // Tells the page that the script runs; comlink ignores messages without an id.
  postMessage("ready");
}
