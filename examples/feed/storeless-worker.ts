/** The SDK's worker in a browser that has no IndexedDB, for the state `no-storage`. */
Object.defineProperty(globalThis, "indexedDB", { value: undefined });
// Not a static import, which would run first.
await import("nearfeed/worker");
