/** What happens when the person's consent changes: at once, and with everything deleted that the new level may not hold. */
import { isLower } from "../consent-order.ts";
import type { Store } from "../storage/store.ts";
import type { Consent } from "../types.ts";
import type { ConsentLevel } from "./consent-level.ts";
import type { Memory } from "./memory.ts";
import type { Sharing } from "./sharing.ts";

/** Whether to say `next` takes something back: not where it allows more than before, and not where it allows everything. */
export function isWithdrawal(next: Consent, before: Consent): next is "denied" | "local" {
  return next !== "full" && !isLower(before, next);
}

export interface ConsentParts {
  readonly level: ConsentLevel;
  readonly disk: Store;
  readonly memory: Memory;
  readonly sharing: Pick<Sharing, "uploads" | "identity" | "withdraw">;
  readonly restored: () => Promise<unknown>;
}

/**
 * @returns changes the level, one change after the other; nothing leaves any more from a call that lowers it on, and who says
 * again what holds takes back what an earlier visit may have sent. Resolves when nothing is left that may not be
 */
export function createConsentChange(parts: ConsentParts): (next: Consent) => Promise<void> {
  const { level, disk, memory, sharing, restored } = parts;
  const { uploads, identity, withdraw } = sharing;
  let last: Promise<unknown> = Promise.resolve();
  let calls = 0;

  async function deleteHere(next: Consent, previous: Promise<unknown>): Promise<void> {
    await previous;
    await restored();
    await (next === "denied" ? disk.erase() : disk.dropUploads());
  }

  async function widen(before: Consent): Promise<void> {
    if (before === "denied" && level.current !== "denied") {
      const { erasures } = memory;
      await memory.restore();
      if (erasures === memory.erasures) await memory.persist();
    }
    if (!level.mayUpload) return;
    uploads.wake();
    await identity.subject();
  }

  return (next) => {
    const call = ++calls;
    const before = level.current;
    const previous = last;
    if (isLower(next, before)) level.set(next);
    const withdraws = isWithdrawal(next, before);
    const withdrawn = withdraws ? withdraw(() => deleteHere(next, previous)) : previous;
    if (withdraws) {
      uploads.forget();
      identity.forget();
    }
    const done = withdrawn.then(async () => {
      // Not before: what comes in from then on must not be deleted with what came before. And not where it was taken back.
      if (call === calls) level.set(next);
      await restored();
      await widen(before);
    });
    last = done.catch(() => {});
    return done;
  };
}
