/**
 * Installs the service worker that lets the page reload without a network, and removes it with all it holds. It stores
 * only the page's own files; still, at consent `denied` nothing is stored at all.
 */
import type { Consent } from "nearfeed";

/** Beside the page, because a service worker rules only its own folder. */
const SCRIPT = "service-worker.js";

/** The prefix of every cache of the service worker. */
const CACHE_PREFIX = "nearfeed-page-";

/** Makes what is installed follow the consent. */
export async function followConsent(consent: Consent): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  if (consent !== "denied") {
    // Without one (a private window may refuse) the page works the same, while the edge answers.
    await navigator.serviceWorker.register(SCRIPT).catch(() => undefined);
    return;
  }
  const registrations = await navigator.serviceWorker.getRegistrations();
  await Promise.all(registrations.map((each) => each.unregister()));
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(CACHE_PREFIX)).map((name) => caches.delete(name)));
}
