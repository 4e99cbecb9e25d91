/** Takes in what happened on the page: into the log, into the store, into the outbox, each as far as consent goes. */
import { NearfeedError } from "../../shared/errors.ts";
import type { TrackedEvent } from "../messages.ts";
import type { OutboxEvent, StoredEvent } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import type { Uploads } from "../sync/uploads.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import { readTracked } from "./read-tracked.ts";

/** The release of events that came before any. */
const NO_RELEASE = "none";

export interface RecorderOptions {
  readonly log: EventLog;
  readonly held: () => Held | undefined;
  readonly store: () => Store | undefined;
  /** Whether events may leave the device. */
  readonly mayUpload: () => boolean;
  /** Events were stored; the other tabs are told. */
  readonly stored: (ids: readonly string[]) => void;
  readonly uploads: Pick<Uploads, "wake">;
  /** Stores the release in use. */
  readonly persistRelease: () => Promise<void>;
  /** Events that are none. */
  readonly refused: (ids: readonly string[]) => void;
  readonly report: (error: unknown) => void;
}

/** @returns records what happened within one turn of the page; a bad event is reported and costs only itself */
export function createRecorder(options: RecorderOptions) {
  const { log, held, store, mayUpload, stored, uploads, persistRelease, refused, report } = options;

  async function keep(entries: readonly StoredEvent[], outbox: readonly OutboxEvent[]): Promise<void> {
    const into = store();
    if (!into) return;
    const wakes = into.dormant;
    const written = await into.putEvents(entries, outbox);
    // Not allowed any more: the write went into what is being deleted.
    if (mayUpload()) uploads.wake(written ? [] : outbox);
    if (written) stored(entries.map(({ id }) => id));
    // After an erasure the release is stored again together with the first new event.
    if (wakes) await persistRelease();
  }

  return (tracked: readonly TrackedEvent[], utcOffsetMinutes: number): void => {
    const entries: StoredEvent[] = [];
    const outbox: OutboxEvent[] = [];
    log.together(() => {
      for (const { event: raw, surface, release } of tracked) {
        try {
          const event = readTracked(raw, log);
          log.asOf(event.at);
          const entry = log.append(event);
          if (!entry) continue;
          const madeBy = release ?? held()?.release.id ?? NO_RELEASE;
          entries.push(entry);
          outbox.push({ id: event.id, event, surface, release: madeBy, utcOffsetMinutes });
          if (held() && event.type !== "undo" && !entry.known) {
            const about = { hint: "The event is kept, but says nothing about the person's interests." };
            report(new NearfeedError("unknown_item", `The items in use have no ${JSON.stringify(event.item)}.`, about));
          }
        } catch (error) {
          refused([String(raw["id"])]);
          report(error);
        }
      }
    });
    if (entries.length > 0) void keep(entries, mayUpload() ? outbox : []);
  };
}
