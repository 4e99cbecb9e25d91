/** The browser's locks, which not every page may have. */

/** Undefined where the browser has none, or refuses them. */
export function locksHere(): Pick<LockManager, "request"> | undefined {
  try {
    return globalThis.navigator?.locks;
  } catch {
    return undefined;
  }
}
