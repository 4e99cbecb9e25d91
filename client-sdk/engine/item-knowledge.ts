/**
 * What is known of the items that events name: by the items in use, and for those that have left them by the lists they
 * were on. Not the log itself (`event-log.ts`).
 */
import type { KnownItem } from "../../shared/interest.ts";
import type { StoredEvent, StoredKnown } from "../storage/schema.ts";
import type { Held } from "./held.ts";
import { createKnownReader, knownOf } from "./known.ts";

/** Delivered items that an event can still name with effect. Older ones have left any screen. */
const MAX_DELIVERED = 2_000;

export interface ItemKnowledge {
  /** Undefined before the first `use`. */
  readonly held: Held | undefined;
  use(next: Held): void;
  /** Undefined where nothing is known that the release in use can read. */
  of(item: string): StoredKnown | undefined;
  read(known: StoredKnown): KnownItem | undefined;
  /** With what the items in use know: another tab may have stored it before it had any. */
  renewed(entry: StoredEvent): StoredEvent;
  /** Items were put on a list: what is known of them stays known while the list may be on a screen. */
  delivered(by: Held, ids: readonly string[]): void;
  /** Forgets what was delivered. */
  clear(): void;
}

export function createItemKnowledge(): ItemKnowledge {
  let held: Held | undefined;
  let read: ReturnType<typeof createKnownReader> | undefined;
  const delivered = new Set<string>();
  /** What is known of those delivered items that the items in use do not have. */
  let left = new Map<string, StoredKnown>();

  /** What cannot be read with the next release says nothing, so it is not kept. */
  function leftBy(next: Held): Map<string, StoredKnown> {
    const readNext = createKnownReader(next);
    const kept = new Map<string, StoredKnown>();
    for (const id of delivered) {
      if (next.items.table.rowOf.has(id)) continue;
      const known = (held && knownOf(held, id)) ?? left.get(id);
      if (known && readNext(known)) kept.set(id, known);
    }
    return kept;
  }

  return {
    get held() {
      return held;
    },
    use(next) {
      left = leftBy(next);
      held = next;
      read = createKnownReader(next);
    },
    of: (item) => held && (knownOf(held, item) ?? left.get(item)),
    read: (known) => read?.(known),
    renewed(entry) {
      if (!held || entry.event.type === "undo" || isCurrent(entry, held)) return entry;
      const known = knownOf(held, entry.event.item) ?? withLearned(entry, held);
      return known ? { ...entry, known } : entry;
    },
    delivered(by, ids) {
      for (const id of ids) {
        delivered.delete(id);
        delivered.add(id);
        if (!held || by.items === held.items || held.items.table.rowOf.has(id)) continue;
        // The items were exchanged while the list was made.
        const known = knownOf(by, id);
        if (known && read?.(known)) left.set(id, known);
      }
      for (const id of delivered) {
        if (delivered.size <= MAX_DELIVERED) break;
        delivered.delete(id);
        left.delete(id);
      }
    },
    clear() {
      delivered.clear();
      left.clear();
    },
  };
}

/** Of an item that has left the items in use, what is stored, with the neighbours that were asked for meanwhile. */
function withLearned({ event, known }: StoredEvent, { release, items }: Held): StoredKnown | undefined {
  const neighbours = event.type === "undo" ? undefined : items.learned?.get(event.item);
  return known && neighbours && { ...known, release: release.id, neighbours };
}

/** What knows an item's neighbours replaces what another release or a pool said; what does not, only another space. */
function isCurrent({ event, known }: StoredEvent, { release, items }: Held): boolean {
  if (known?.release === release.id || event.type === "undo") return true;
  const row = items.table.rowOf.get(event.item);
  const knowsMore = row === undefined ? items.learned?.has(event.item) : items.neighbours(row);
  return known?.space === release.space && !knowsMore;
}
