/** Starts the SDK's web worker under whatever policy the page has. It knows nothing of what the worker does. */

/** The part of Trusted Types that is used here; not every browser has it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** A page may have put something in the place of workers that never says a word; a script that loads slowly says it by then. */
const SILENCE_LIMIT_MS = 20_000;

/** The name that a page's `trusted-types` directive must list. */
const POLICY = "nearfeed";

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/**
 * @param url of the worker's script
 * @param own makes the worker where the app does so itself
 * @returns undefined where no worker can be had; it is ready to take messages otherwise
 */
export async function startWorker(url: string, own?: () => Worker): Promise<Worker | undefined> {
  let script = url;
  try {
    if (own) return await alive(own());
    if (typeof Worker !== "function") return undefined;
    if (new URL(url).origin !== globalThis.origin) script = importing(url);
    return await alive(new Worker(trusted(script), { type: "module", name: "nearfeed" }));
  } catch {
    return undefined;
  } finally {
    if (script !== url) URL.revokeObjectURL(script);
  }
}

/**
 * Browsers refuse a worker script of another origin, but not a script of ours that imports it. Not by an import statement,
 * which a content security policy would judge as a second worker; a failed one must still be an `error` event.
 */
function importing(url: string): string {
  const script = `import(${JSON.stringify(url)}).catch((error) => setTimeout(() => { throw error; }));`;
  return URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
}

/** Under `require-trusted-types-for 'script'` a plain string starts no worker, unless the page has a default policy. */
function trusted(script: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  try {
    // One for all recommenders: a policy of the same name cannot be made twice.
    policy ??= trustedTypes?.createPolicy(POLICY, { createScriptURL: (url) => url });
  } catch {
    // The page allows no policy of this name.
  }
  return policy ? policy.createScriptURL(script) : script;
}

/** The worker greets with one message once its script runs; a script that cannot be loaded is an `error` event. */
function alive(worker: Worker): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    const failed = () => {
      clearTimeout(timer);
      resolve(undefined);
      // One that only imports the script lives on without it. What is no worker has no such method, perhaps.
      worker.terminate?.();
    };
    const timer = setTimeout(failed, SILENCE_LIMIT_MS);
    const greeted = () => {
      clearTimeout(timer);
      worker.removeEventListener("error", failed);
      resolve(worker);
    };
    worker.addEventListener("message", greeted, { once: true });
    worker.addEventListener("error", failed, { once: true });
  });
}
