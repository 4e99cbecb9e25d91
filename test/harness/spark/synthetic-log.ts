/**
 * Event logs made up for whatever reads them: people with one of several tastes walk through lists of items whose popularity falls
 * as Zipf's law says, in parts as an edge writes them. Seeded, and made part by part, so that a log may be larger than memory.
 *
 * It has what logs have: events sent twice, late, undone, of people who asked to be forgotten; and, where told, one person with a
 * share of all events and one item in half of the lists.
 */
import type { Event } from "../../../shared/event.ts";
import { partName } from "../../../shared/event-log.ts";
import { createUlid } from "../../../shared/ulid.ts";
import { createRandom, type Random } from "../../../trainer/math/random.ts";

export interface SyntheticLogOptions {
  /** Rows in all, repeated ones included. */
  readonly events: number;
  readonly people: number;
  readonly items: number;
  /** Planted tastes: a person of each likes the items of its own. */
  readonly clusters: number;
  readonly days: number;
  /** Day of the first event, from `FIRST_DAY_MS` on; 0 if absent. */
  readonly from?: number;
  readonly seed: number;
  /** Rows of a part. */
  readonly perPart: number;
  /** Share of the lists that are of one person, and have one item. */
  readonly skew?: { readonly person: number; readonly item: number };
}

/** A line of the log. */
export type LogLine = Event & {
  readonly subject: string;
  readonly release: string;
  readonly surface: string;
  received: number;
};

export interface SyntheticPart {
  /** As the edge names it. */
  readonly name: string;
  readonly events: readonly LogLine[];
}

export const FIRST_DAY_MS = Date.UTC(2026, 4, 1);
export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Cards of a list. */
const LIST_LENGTH = 8;

/** Share of rows that are sent again, and of likes that are taken back. */
const REPEATED = 0.02;
const UNDONE = 0.1;
/** Share of lists whose events arrive up to two days late. */
const LATE = 0.03;
/** Of what people are shown, from their own taste. */
const OWN_TASTE = 0.7;

/** Every `FORGET_EVERY`th person asked to be forgotten. */
const FORGET_EVERY = 50;

export function personName(person: number): string {
  return `P${String(person).padStart(8, "0")}`;
}

export function itemName(item: number): string {
  return `i${String(item).padStart(7, "0")}`;
}

export function clusterOf(itemOrPerson: number, clusters: number): number {
  return itemOrPerson % clusters;
}

export function isForgotten(subject: string): boolean {
  return Number(subject.slice(1)) % FORGET_EVERY === FORGET_EVERY - 1;
}

/** Parts in the order in which they were received, hour by hour. */
export function* syntheticLog(options: SyntheticLogOptions): Generator<SyntheticPart> {
  const { events, people, items, clusters, days, seed, perPart, from = 0, skew = { person: 0, item: 0 } } = options;
  const beginMs = FIRST_DAY_MS + from * DAY_MS;
  const random = createRandom(seed);
  const hours = days * 24;
  const perHour = events / hours;
  const zipf = zipfDraw(Math.floor(items / clusters), random);
  let now = beginMs;
  const ulid = createUlid(() => now, random);
  /** What is received in an hour to come. */
  const later = new Map<number, LogLine[]>();
  let made = 0;
  let sequence = 0;
  for (let hour = 0; hour < hours; hour++) {
    const received = later.get(hour) ?? [];
    later.delete(hour);
    // The last hour takes what rounding and lateness left.
    const due = Math.round(perHour * (hour + 1));
    while (made + received.length < due) {
      const at = beginMs + (hour + random() * 0.9) * HOUR_MS;
      const person = random() < skew.person ? 0 : Math.floor(random() ** 2 * people);
      const delayHours = random() < LATE ? 1 + Math.floor(random() * 48) : 0;
      const arrives = hour + delayHours < hours ? hour + delayHours : hour;
      const target = arrives === hour ? received : (later.get(arrives) ?? later.set(arrives, []).get(arrives)!);
      const list = listOf(person, Math.floor(at));
      for (const event of list) {
        const line = { ...event, received: beginMs + arrives * HOUR_MS + Math.floor(0.95 * HOUR_MS) } as LogLine;
        target.push(line);
        if (random() < REPEATED) target.push(line);
      }
    }
    made += received.length;
    received.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    for (let first = 0; first < received.length; first += perPart) {
      yield { name: nameOf(from * 24 + hour, sequence), events: received.slice(first, first + perPart) };
      sequence += perPart;
    }
  }

  function* listOf(person: number, at: number): Generator<Event & Omit<LogLine, "received">> {
    now = at;
    const list = ulid();
    const subject = personName(person);
    const common = { list, subject, release: "r1", surface: random() < 0.8 ? "home" : "sidebar" };
    const taste = clusterOf(person, clusters);
    for (let position = 0; position < LIST_LENGTH; position++) {
      const isOwn = random() < OWN_TASTE;
      const cluster = isOwn ? taste : Math.floor(random() * clusters);
      const isHot = position === 0 && random() < skew.item;
      const item = isHot ? itemName(0) : itemName(zipf() * clusters + cluster);
      now += 2_000 + Math.floor(random() * 20_000);
      const card = { item, position, ...common };
      const likes = cluster === taste ? 0.5 : 0.05;
      const take = random();
      // The last place of a list is drawn, of so many.
      const propensity = position === LIST_LENGTH - 1 ? 1 / (2 + cluster) : 1;
      if (random() < 0.5) yield { ...card, id: ulid(), at: now, type: "impression", propensity };
      if (take < likes) {
        now += 1_000;
        const fraction = Math.round(random() * 100) / 100;
        yield { ...card, id: ulid(), at: now, type: "view", dwellMs: Math.floor(random() * 60_000), fraction };
        if (random() < 0.4) {
          now += 500;
          const id = ulid();
          const kind = random();
          yield kind < 0.7
            ? { ...card, id, at: now, type: "like" }
            : kind < 0.9
              ? { ...card, id, at: now, type: "click" }
              : { ...card, id, at: now, type: "rating", value: 1 + Math.floor(random() * 9) / 2 };
          if (random() < UNDONE) yield { ...card, id: ulid(), at: now + 400, type: "undo", event: id };
        }
      } else if (take > 0.8) yield { ...card, id: ulid(), at: now, type: "skip", dwellMs: 300 };
      else if (take > 0.78) yield { ...card, id: ulid(), at: now, type: "dislike" };
    }
  }
}

function nameOf(hour: number, sequence: number): string {
  const [date, time] = new Date(FIRST_DAY_MS + hour * HOUR_MS).toISOString().split("T");
  return partName(`dt=${date}/hour=${time.slice(0, 2)}/5eed5eed-${String(sequence).padStart(12, "0")}.ndjson.gz`, "");
}

/** Draws ranks 0 to n − 1, the r-th with a chance of 1 / (r + 1). */
function zipfDraw(n: number, random: Random): () => number {
  const until = new Float64Array(n);
  let sum = 0;
  for (let r = 0; r < n; r++) until[r] = sum += 1 / (r + 1);
  return () => {
    const drawn = random() * sum;
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (until[middle] > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
