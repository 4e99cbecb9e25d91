/** Breaks what the address names: `?broken=indexedDB,locks`. Imported before what needs it. */
function refuse(): never {
  throw new DOMException("The operation is insecure.", "SecurityError");
}

function replace(target: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, name, { configurable: true, ...descriptor });
}

/** What each word does to a realm, as browsers, policies and pages have been seen to do it. */
export const SABOTAGE: Readonly<Record<string, () => void>> = {
  /** As where storage is forbidden: in sandboxed frames and some private modes. */
  indexedDB: () => replace(globalThis, "indexedDB", { get: refuse }),
  /** Opens nothing and says so by an exception. */
  "indexedDB.open": () => replace(indexedDB, "open", { value: refuse }),
  locks: () => replace(navigator, "locks", { get: refuse }),
  /** As over plain http on a LAN. */
  "locks.absent": () => replace(navigator, "locks", { value: undefined }),
  /** Never granted, never refused. */
  "locks.silent": () => replace(navigator.locks, "request", { value: () => new Promise(() => {}) }),
  "locks.request": () => replace(navigator.locks, "request", { value: refuse }),
  BroadcastChannel: () => replace(globalThis, "BroadcastChannel", { value: refuse }),
  "BroadcastChannel.postMessage": () => replace(BroadcastChannel.prototype, "postMessage", { value: refuse }),
  "crypto.subtle": () => replace(crypto, "subtle", { value: undefined }),
  crypto: () => replace(globalThis, "crypto", { value: undefined }),
  structuredClone: () => replace(globalThis, "structuredClone", { value: undefined }),
  prototypes: () =>
    [Object, Array, Map, Set, Promise, Error, Uint8Array].forEach((kind) => Object.freeze(kind.prototype)),
};

for (const name of new URLSearchParams(location.search).get("broken")?.split(",") ?? []) SABOTAGE[name]?.();
