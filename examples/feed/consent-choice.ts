/** Remembers the level of consent that was chosen on this page, and nothing else. */
import type { Consent } from "nearfeed";

const KEY = "nearfeed-demo-consent";
const LEVELS: readonly Consent[] = ["denied", "local", "full"];

/** The level chosen earlier; the demo starts with `local`, and shows that it does. */
export function chosenConsent(): Consent {
  const chosen = withStorage((storage) => storage.getItem(KEY));
  return LEVELS.find((level) => level === chosen) ?? "local";
}

export function rememberConsent(consent: Consent): void {
  withStorage((storage) => storage.setItem(KEY, consent));
  showConsent(consent);
}

/** A browser that blocks site data throws at the mere name. */
function withStorage<R>(use: (storage: Storage) => R): R | undefined {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}

/** For styles and tests. */
export function showConsent(consent: Consent): void {
  document.documentElement.dataset["consent"] = consent;
}
