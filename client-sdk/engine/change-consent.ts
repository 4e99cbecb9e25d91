/** What happens when the person's consent changes: at once, and with everything deleted that the new level may not hold. */
import type { Store } from "../storage/store.ts";
import type { Uploads } from "../sync/uploads.ts";
import type { Consent } from "../types.ts";
import type { ConsentLevel } from "./consent-level.ts";
import type { EventLog } from "./event-log.ts";
import type { Memory } from "./memory.ts";

export interface ConsentParts {
  readonly level: ConsentLevel;
  readonly disk: Store;
  readonly memory: Memory;
  readonly log: EventLog;
  readonly uploads: Uploads;
  readonly restored: Promise<unknown>;
}

/** Nothing leaves any more from the call on; resolves when nothing is left that may not be. */
export async function changeConsent(next: Consent, parts: ConsentParts): Promise<void> {
  const { level, disk, memory, log, uploads, restored } = parts;
  const before = level.current;
  level.set(next);
  if (next !== "full") uploads.forget();
  await restored;
  if (next === "denied") await disk.erase();
  else if (next === "local") await disk.dropUploads();
  if (next !== "denied" && before === "denied") {
    const { erasures } = memory;
    await memory.load((from) => from.events());
    if (erasures === memory.erasures) await level.store?.putEvents(log.events);
  }
  if (level.mayUpload) await uploads.load();
}
