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
  readonly uploads: Uploads;
  /** Stores the release in use. */
  readonly persistRelease: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

/** @returns records what happened within one turn of the page; a bad event is reported and costs only itself */
export function createRecorder(options: RecorderOptions) {
  const { log, held, store, mayUpload, uploads, persistRelease, report } = options;

  function keep(entries: readonly StoredEvent[], outbox: readonly OutboxEvent[]): void {
    const into = store();
    const wakes = into?.dormant;
    const written = into?.putEvents(entries, outbox);
    // After an erasure the release is stored again together with the first new event.
    if (wakes) void written?.then(persistRelease);
    uploads.add(outbox);
  }

  return (tracked: readonly TrackedEvent[], utcOffsetMinutes: number): void => {
    const entries: StoredEvent[] = [];
    const outbox: OutboxEvent[] = [];
    for (const { event: raw, surface, release } of tracked) {
      try {
        const event = readTracked(raw, log);
        const entry = log.append(event);
        if (!entry) continue;
        const madeBy = release ?? held()?.release.id ?? NO_RELEASE;
        entries.push(entry);
        outbox.push({ id: event.id, event, surface, release: madeBy, utcOffsetMinutes });
        if (held() && event.type !== "undo" && !entry.known) {
          throw new NearfeedError("unknown_item", `The items in use have no ${JSON.stringify(event.item)}.`, {
            hint: "The event is kept, but says nothing about the person's interests.",
          });
        }
      } catch (error) {
        report(error);
      }
    }
    if (entries.length > 0) keep(entries, mayUpload() ? outbox : []);
  };
}
