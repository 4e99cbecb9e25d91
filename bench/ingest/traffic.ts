/**
 * Events of many people, some items and surfaces hot, seeded; and beside it the exact count of what trends, in plain sums over
 * everything that was sent. It sends nothing.
 */
import type { Event } from "../../shared/event.ts";
import type { Random } from "../../shared/runtime.ts";
import { createScatteredIds, scrollEnvelope, scrollEvent, subjectOfPerson } from "../bill/events.ts";

/** Surfaces and the share of envelopes that each gets, cumulated: one has most of them. */
const SURFACES = [
  ["home", 0.8],
  ["search", 0.9],
  ["sidebar", 0.97],
  ["mail", 1],
] as const;
/** Ranks of items are drawn by a power law: the first tenth of a thousand items gets more than half. */
const HOT_EXPONENT = 3;
/** Of the events, that say somebody wanted the item. */
const ENGAGED = 0.2;
/** Half of what a count is worth after six hours, as the edge has it; and how long a person counts once. */
const HALF_LIFE_MS = 6 * 3_600_000;
const WINDOW_MS = 24 * 3_600_000;

export interface TrafficOptions {
  readonly release: string;
  readonly items: readonly string[];
  readonly regions: readonly string[];
  readonly people: number;
  readonly random: Random;
}

export interface SentEnvelope {
  readonly body: string;
  readonly ids: readonly string[];
}

export interface Traffic {
  /** The next envelope, of one person on one surface. It counts as sent. */
  next(events: number): SentEnvelope;
  /** The exact scores of a list as of `now`, by item; "" stands for all surfaces, or everywhere. */
  scores(surface: string, region: string, now: number): Map<string, number>;
  readonly sent: number;
}

export function createTraffic({ release, items, regions, people, random }: TrafficOptions): Traffic {
  const nextId = createScatteredIds(random);
  const lists = new Map<string, Map<string, number>>(); // weights as of `base`
  const seen = new Set<string>();
  const base = Date.now();
  let sent = 0;

  function vote(list: string, person: number, item: string, at: number): void {
    const once = JSON.stringify([list, person, item, Math.floor(at / WINDOW_MS)]);
    if (seen.has(once)) return;
    seen.add(once);
    const scores = lists.get(list) ?? new Map<string, number>();
    lists.set(list, scores.set(item, (scores.get(item) ?? 0) + 2 ** ((at - base) / HALF_LIFE_MS)));
  }

  return {
    get sent() {
      return sent;
    },
    next(count) {
      const draw = random();
      const [surface] = SURFACES.find(([, share]) => draw < share)!;
      const person = Math.floor(random() * people);
      const region = regions[Math.floor(random() * regions.length)]!;
      const list = nextId();
      const events = Array.from({ length: count }, (_, position): Event => {
        const item = items[Math.floor(items.length * random() ** HOT_EXPONENT)]!;
        const at = Date.now();
        const isEngaged = random() < ENGAGED;
        if (isEngaged) {
          for (const where of [surface, ""])
            for (const place of [region, ""]) vote(JSON.stringify([where, place]), person, item, at);
        }
        return scrollEvent(isEngaged ? "like" : "impression", { id: nextId(), item, at, list, position });
      });
      sent += count;
      const body = scrollEnvelope(release, subjectOfPerson(person), events, { surface, region });
      return { body, ids: events.map(({ id }) => id) };
    },
    scores(surface, region, now) {
      const decay = 2 ** ((base - now) / HALF_LIFE_MS);
      const list = lists.get(JSON.stringify([surface, region])) ?? new Map<string, number>();
      return new Map([...list].map(([item, weight]) => [item, weight * decay]));
    },
  };
}
