/** What the person does with their profile as a whole: adjusting it by hand, taking it along, bringing it back. */
import type { EngineApi } from "../messages.ts";
import { plainError } from "../plain-error.ts";
import type { Store } from "../storage/store.ts";
import { checkAdjustment } from "./adjustments.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import type { Memory } from "./memory.ts";
import { exportProfile, parseProfileExport } from "./profile-export.ts";

export interface ProfileDataParts {
  readonly log: EventLog;
  readonly memory: Memory;
  readonly held: () => Held | undefined;
  readonly store: () => Store | undefined;
  /** Everything stored has been read. */
  readonly restored: () => Promise<unknown>;
  /** A first list can be made, or it is known that none can. */
  readonly ready: () => Promise<unknown>;
  /** What lists are made from has changed. */
  readonly renew: () => void;
  /** Something of the person was stored that is no event. */
  readonly stored: () => void;
  /** Stores the release in use. */
  readonly persistRelease: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

export type ProfileData = Pick<EngineApi, "adjust" | "exportProfile" | "importProfile">;

export function createProfileData(parts: ProfileDataParts): ProfileData {
  const { log, memory, held, store, restored, ready, renew, stored, persistRelease, report } = parts;

  async function keep<R>(write: () => Promise<R>): Promise<R> {
    const wakes = store()?.dormant;
    const writing = write();
    renew();
    const written = await writing;
    stored();
    // After an erasure the release is stored again together with the first of the person.
    if (wakes) await persistRelease();
    return written;
  }

  return {
    adjust(category, x) {
      memory.whenRestored(() => {
        try {
          const adjustment = checkAdjustment(category, x, held());
          keep(() => memory.adjust(adjustment)).catch(report);
        } catch (error) {
          report(error);
        }
      });
    },
    async exportProfile(now) {
      await restored();
      const { events, kept } = log;
      return exportProfile({ events, ...kept, adjustments: memory.adjustments }, now);
    },
    async importProfile(data) {
      await restored();
      // Sums can only be read in the space of a release.
      await ready();
      try {
        const profile = parseProfileExport(data, held()?.release.dim);
        return { status: "imported", events: await keep(() => memory.unite(profile)) };
      } catch (error) {
        return { status: "refused", events: 0, error: plainError(error, "bad_value") };
      }
    },
  };
}
