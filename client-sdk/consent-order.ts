/** The levels of consent, from the least to the most. */
import type { Consent } from "./types.ts";

const LEVELS: readonly Consent[] = ["denied", "local", "full"];

export function isLower(level: Consent, than: Consent): boolean {
  return LEVELS.indexOf(level) < LEVELS.indexOf(than);
}
