/** Takes storage from this worker. Imported before what may miss it: imports are evaluated in their order. */
Object.defineProperty(globalThis, "indexedDB", { value: undefined });
