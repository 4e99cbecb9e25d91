/**
 * Retrieval at the edge: keeps the pool near the person's interests by asking again after evidence has changed. What is
 * held stays in use meanwhile, and for as long as the edge cannot be asked.
 */
import type { Filter } from "../../shared/filter.ts";
import { interestAt } from "../../shared/interest.ts";
import type { Send } from "../sync/http.ts";
import { isStale, LEAST_POSITIVES, retrieve } from "../sync/retrieve.ts";
import type { EventLog } from "./event-log.ts";
import { decodePool } from "./held.ts";
import type { Held, Items } from "./held.ts";

export interface EdgePoolOptions {
  readonly endpoint: string;
  readonly send: Send;
  readonly place: Pick<Filter, "language" | "region">;
  readonly log: EventLog;
  readonly held: () => Held | undefined;
  /** Takes into use what is made of what is in use then; undefined changes nothing. */
  readonly hold: (next: (current: Held | undefined) => Held | undefined) => Promise<void>;
  readonly report: (error: unknown) => void;
}

export interface EdgePool {
  /** A list was made; where its pool is behind the evidence, a new one is fetched. */
  wanted(): void;
  /**
   * The evidence was erased: what was found for it goes, an answer under way too, and the start pool comes back.
   * Resolves when that is in use.
   */
  forget(): Promise<void>;
}

export function createEdgePool({ endpoint, send, place, log, held, hold, report }: EdgePoolOptions): EdgePool {
  /** What the edge found, and the start pool that it took the place of. */
  let found: { readonly items: Items; readonly start: Items } | undefined;
  /** Counts the erasures: an answer to what was asked before one is not taken. */
  let generation = 0;
  let askedFor = "";
  let asking = false;

  async function ask(): Promise<void> {
    const before = held();
    const { profile } = log;
    if (!before?.model || !profile) return;
    const positives = profile.signals.filter(({ target }) => target > 0);
    const evidence = `${before.release.id} ${profile.signals.length} ${profile.signals.at(-1)?.event}`;
    if (positives.length < LEAST_POSITIVES || evidence === askedFor) return;
    askedFor = evidence;
    const askedIn = generation;
    const { release, model } = before;
    const interest = interestAt(profile, model, profile.signals.at(-1)!.at);
    const bytes = await retrieve(send, endpoint, release, interest, place);
    const items = decodePool(release, bytes, model);
    await hold((now) => {
      // Another release came meanwhile, or the whole catalogue.
      if (askedIn !== generation || now?.items !== before.items) return undefined;
      found = { items, start: found?.items === now.items ? found.start : now.items };
      return { ...now, items };
    });
  }

  return {
    wanted() {
      if (asking) return;
      asking = true;
      ask()
        .catch((error: unknown) => {
          // The next release is on its way; its pool will be asked for anew.
          if (!isStale(error)) report(error);
        })
        .finally(() => (asking = false));
    },
    forget() {
      generation++;
      askedFor = "";
      return hold((now) => {
        const start = now && now.items === found?.items ? found.start : undefined;
        found = undefined;
        return now && start && { ...now, items: start };
      });
    },
  };
}
