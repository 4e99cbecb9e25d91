/**
 * The lists a visit would begin with, made ahead: after the last event of a visit they are ranked once more and stored, so
 * that the next visit shows the first list before the release and the log are read. As soon as those are, lists are
 * made from them again.
 *
 * Only for queries that name a surface and nothing else. A list that was made of another log than the one in the store
 * is not shown.
 */
import type { PageMoment, Ranked } from "../messages.ts";
import type { Adjustments, StoredLists } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import type { EventLog } from "./event-log.ts";
import type { CheckedQuery } from "./query.ts";

/** No items of this page were ranked for it: what it says can be recomputed from none of them. */
const EARLIER_EDITION = -1;

/** Events come in bursts; after the last one there is time. */
const QUIET_MS = 1_000;
/** Surfaces of one app that are worth a list ahead. */
const MAX_SURFACES = 4;

export interface LastListsOptions {
  readonly log: EventLog;
  /** Undefined where nothing may be stored. */
  readonly store: () => Store | undefined;
  /** What else a list depends on, as one text: the place, and whose releases are trusted. */
  readonly basis: string;
  /** What the person has set by hand. */
  readonly adjustments: () => Adjustments;
  /** Makes a list as a visit would that begins now; undefined where nothing is in use. */
  readonly make: (query: CheckedQuery, moment: PageMoment) => Promise<Ranked | undefined>;
  readonly report: (error: unknown) => void;
}

export interface LastLists {
  /** The list that an earlier visit has left for a query, if there is one that still holds. */
  find(query: CheckedQuery): Promise<Ranked | undefined>;
  /** A list of this query was asked for: one will be kept for the next visit. */
  asked(query: CheckedQuery, moment: PageMoment): void;
  /** What lists are made from has changed. */
  changed(): void;
  /** Makes and stores what is due now instead of soon. */
  flush(): Promise<void>;
  /** What an earlier visit has left is not shown any more, and what is under way not stored. */
  forget(): void;
}

export function createLastLists(options: LastListsOptions): LastLists {
  const { log, store, basis, adjustments, make, report } = options;
  const surfaces = new Map<string, { readonly query: CheckedQuery; readonly moment: PageMoment }>();
  const left = store()?.lists();
  let isForgotten = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the changes: what was made before the last one is not stored. */
  let changes = 0;

  async function keep(): Promise<void> {
    timer = undefined;
    const made = changes;
    const of = { ...log.extent, adjustments: adjustments(), basis };
    const lists: StoredLists["lists"][number][] = [];
    for (const { query, moment } of surfaces.values()) {
      const ranked = await make(query, moment);
      if (ranked && !ranked.error && ranked.entries.length > 0) lists.push({ surface: query.surface, ranked });
    }
    if (made === changes && lists.length > 0) await store()?.putState("lists", { of, lists });
  }

  function changed(): void {
    if (surfaces.size === 0) return;
    changes++;
    clearTimeout(timer);
    timer = setTimeout(() => void keep().catch(report), QUIET_MS);
  }

  return {
    async find(query) {
      const stored = isPlain(query) ? await left : undefined;
      if (!stored || isForgotten || stored.of.basis !== basis) return undefined;
      const ranked = stored.lists.find(({ surface }) => surface === query.surface)?.ranked;
      if (!ranked || ranked.entries.length < query.count) return undefined;
      return { ...ranked, entries: ranked.entries.slice(0, query.count), edition: EARLIER_EDITION };
    },
    asked(query, moment) {
      if (!isPlain(query)) return;
      const before = surfaces.get(query.surface);
      if (before && before.query.count >= query.count) return;
      surfaces.set(query.surface, { query, moment });
      if (surfaces.size > MAX_SURFACES) surfaces.delete(surfaces.keys().next().value!);
      changed();
    },
    changed,
    async flush() {
      if (timer === undefined) return;
      clearTimeout(timer);
      await keep().catch(report);
    },
    forget() {
      isForgotten = true;
      changes++;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** Nothing but a surface and a count. */
function isPlain({ personalized = true, ...others }: CheckedQuery): boolean {
  const named = Object.entries(others).filter(([, value]) => value !== undefined);
  return personalized && named.every(([name]) => name === "surface" || name === "count");
}
