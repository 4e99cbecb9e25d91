/**
 * The service worker of the demo: after the first visit the page reloads without a network. It caches the page's own
 * files and nothing else; what the recommender stores is the SDK's business, and `/v1/` never passes through here.
 */

/** The few names of a service worker that this file uses; the page's project has no such types. */
interface Scope {
  addEventListener(
    kind: "install" | "activate",
    listener: (event: { waitUntil(done: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    kind: "fetch",
    listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { scope: string };
}
const scope = self as unknown as Scope;

/** Every file of the build, relative to the page. The build puts the list in place of this name. */
declare const PAGE_FILES: readonly string[];

/** A new build is a new list, so a new cache. */
const CACHE = `nearfeed-page-${fingerprint(PAGE_FILES.join("\n"))}`;
const CACHE_PREFIX = "nearfeed-page-";

scope.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(PAGE_FILES)));
  void scope.skipWaiting();
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const own = url.href.startsWith(scope.registration.scope);
  if (request.method !== "GET" || !own || url.pathname.startsWith("/v1/")) return;
  if (request.mode === "navigate") event.respondWith(networkFirst(request));
  else event.respondWith(cacheFirst(request));
});

/** The page itself may change under its address. */
async function networkFirst(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match("./");
    if (kept) return kept;
    throw error;
  }
}

/** Every other file has the hash of its content in its name. */
async function cacheFirst(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

async function dropOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** FNV-1a, as 8 hex digits. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
