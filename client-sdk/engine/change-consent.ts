/** What happens when the person's consent changes: at once, and with everything deleted that the new level may not hold. */
import type { Store } from "../storage/store.ts";
import type { Identity } from "../sync/identity.ts";
import type { Uploads } from "../sync/uploads.ts";
import type { Consent } from "../types.ts";
import type { ConsentLevel } from "./consent-level.ts";
import type { Memory } from "./memory.ts";

/** From the least to the most. */
const LEVELS: readonly Consent[] = ["denied", "local", "full"];

export function isLower(level: Consent, than: Consent): boolean {
  return LEVELS.indexOf(level) < LEVELS.indexOf(than);
}

export interface ConsentParts {
  readonly level: ConsentLevel;
  readonly disk: Store;
  readonly memory: Memory;
  readonly uploads: Uploads;
  readonly identity: Identity;
  readonly restored: Promise<unknown>;
}

/** Nothing leaves any more from the call on; resolves when nothing is left that may not be. */
export async function changeConsent(next: Consent, parts: ConsentParts): Promise<void> {
  const { level, disk, memory, uploads, identity, restored } = parts;
  const before = level.current;
  level.set(next);
  if (next !== "full") {
    uploads.forget();
    identity.forget();
  }
  await restored;
  if (next === "denied") await disk.erase();
  else if (next === "local") await disk.dropUploads();
  if (next !== "denied" && before === "denied") {
    const { erasures } = memory;
    await memory.restore();
    if (erasures === memory.erasures) await memory.persist();
  }
  if (level.mayUpload) {
    uploads.wake();
    await identity.subject();
  }
}
