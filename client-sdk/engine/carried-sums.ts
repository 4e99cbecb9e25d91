/**
 * The sums that a log goes on from: as they are stored, and as the release in use reads them. When they change is the log's
 * business (`event-log.ts`).
 */
import { carryFirst } from "../../shared/carried.ts";
import type { Carried } from "../../shared/carried.ts";
import type { ProfileSignal } from "../../shared/interest.ts";
import type { StoredCarried, StoredEvent } from "../storage/schema.ts";
import { readCarried, storedCarried } from "./carried-form.ts";
import { COMPACTION_LIMITS } from "./compaction.ts";
import type { CompactionPlan } from "./compaction.ts";
import type { EventsAhead } from "./events-ahead.ts";
import type { Held } from "./held.ts";

export interface CarriedSums {
  readonly stored: StoredCarried | undefined;
  /** Undefined where there are none, or where they say nothing in the space in use. */
  readonly read: Carried | undefined;
  /** Whether they would say something in the space in use; never where none is. */
  canRead(sums: StoredCarried): boolean;
  become(next: StoredCarried | undefined): void;
  /** The same once more: something else is in use, or the clock has moved. */
  reread(): void;
  /** Takes in the first of the signals of the log, as planned. @param knownOf what is known of an event of the log */
  carry(
    signals: readonly ProfileSignal[],
    plan: Pick<CompactionPlan, "carried" | "until">,
    knownOf: (event: string) => StoredEvent["known"],
  ): void;
}

export function createCarriedSums(held: () => Held | undefined, ahead: EventsAhead): CarriedSums {
  let stored: StoredCarried | undefined;
  let read: Carried | undefined;

  function asReadHere(sums: StoredCarried): Carried | undefined {
    const current = held();
    return current && readCarried(ahead.sumsAsRead(sums), current);
  }

  function become(next: StoredCarried | undefined): void {
    stored = next;
    read = next && asReadHere(next);
  }

  return {
    get stored() {
      return stored;
    },
    get read() {
      return read;
    },
    canRead: (sums) => asReadHere(sums) !== undefined,
    become,
    reread: () => become(stored),
    carry(signals, plan, knownOf) {
      const current = held()!;
      const earlier = new Map(stored?.recent.map(({ signal, known }) => [signal.event, known]));
      const next = carryFirst(read, signals, plan.carried, current.model!, COMPACTION_LIMITS.newest);
      const until = Math.max(plan.until, stored ? ahead.sumsAsRead(stored).until : 0);
      become(storedCarried(next, current, until, (event) => knownOf(event) ?? earlier.get(event)!));
    },
  };
}
