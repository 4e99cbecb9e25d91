/** What the trainer uses of WebAssembly. Node has it, but its types come with TypeScript's for browsers, with all of the DOM. */

/** Compiled code; can be posted to threads. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

/** Memory that threads share; can be posted to them. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  /** By pages of 64 KiB. */
  grow(pages: number): number;
}

interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface Wasm {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: { env: { memory: WasmMemory } }) => WasmInstance;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;
