/** Breaks what a page names by `<html data-broken="indexedDB,locks">`, and a worker by its address: `?broken=indexedDB`. */
function refuse(): never {
  throw new DOMException("The operation is insecure.", "SecurityError");
}

function replace(target: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, name, { configurable: true, writable: true, ...descriptor });
}

function get(target: object, name: string, getter: () => unknown): void {
  Object.defineProperty(target, name, { configurable: true, get: getter });
}

/** Calls go through to what was there, as tools for watching and polyfills do it. */
function wrap(target: object, name: string): void {
  const own = Reflect.get(target, name) as (...args: unknown[]) => unknown;
  replace(target, name, {
    value(this: unknown, ...args: unknown[]) {
      return Reflect.apply(own, this, args);
    },
  });
}

/** What each word does to a realm, as browsers, policies, polyfills and pages have been seen to do it. */
const SABOTAGE: Readonly<Record<string, () => void>> = {
  /** As where storage is forbidden: in sandboxed frames and some private modes. */
  indexedDB: () => get(globalThis, "indexedDB", refuse),
  /** Opens nothing and says so by an exception. */
  "indexedDB.open": () => replace(indexedDB, "open", { value: refuse }),
  locks: () => get(navigator, "locks", refuse),
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
  localStorage: () => get(globalThis, "localStorage", refuse),
  prototypes: () => {
    for (const kind of [Object, Array, Function, Map, Set, Promise, Error, Uint8Array, String]) {
      Object.freeze(kind.prototype);
    }
  },
  /** Enumerable, as libraries of old did it. */
  clutter: () => {
    for (const name of ["extend", "each", "remove", "inspect", "first", "last", "clone", "toQueryString"]) {
      replace(Object.prototype, name, { value: () => {}, enumerable: true });
      replace(Array.prototype, name, { value: () => {}, enumerable: true });
    }
  },
  wrappers: () => {
    for (const name of ["parse", "stringify"]) wrap(JSON, name);
    for (const name of ["then", "catch", "finally"]) wrap(Promise.prototype, name);
    for (const name of ["map", "filter", "push", "slice", "forEach", "flatMap"]) wrap(Array.prototype, name);
    for (const name of [
      "fetch",
      "setTimeout",
      "queueMicrotask",
      "structuredClone",
      "addEventListener",
      "postMessage",
    ]) {
      wrap(globalThis, name);
    }
    wrap(performance, "now");
    wrap(Date, "now");
    wrap(Object, "freeze");
  },
  /** The page's own, which is not the one that was given to the SDK. */
  fetch: () => replace(globalThis, "fetch", { value: () => "junk" }),
  Worker: () => replace(globalThis, "Worker", { value: function Worker() {} }),
  "Worker.absent": () => replace(globalThis, "Worker", { value: undefined }),
  "Worker.throws": () => replace(globalThis, "Worker", { value: refuse }),
  /** Starts nothing and never says so. */
  "Worker.silent": () => replace(globalThis, "Worker", { value: EventTarget }),
  performance: () => Object.freeze(performance),
  "Date.now": () => replace(Date, "now", { value: refuse }),
  sendBeacon: () => replace(navigator, "sendBeacon", { value: refuse }),
  IntersectionObserver: () => replace(globalThis, "IntersectionObserver", { value: undefined }),
  trustedTypes: () => get(globalThis, "trustedTypes", refuse),
  globalPrivacyControl: () => get(navigator, "globalPrivacyControl", refuse),
};

const words =
  typeof document === "undefined"
    ? new URLSearchParams(location.search).get("broken")
    : document.documentElement.dataset["broken"];
for (const word of words?.split(",").filter(Boolean) ?? []) SABOTAGE[word]!();
