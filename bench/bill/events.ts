/** Events as the SDK sends them while somebody scrolls, for measuring and for playing a day. */
import { ENVELOPE_VERSION } from "../../shared/event.ts";
import type { Envelope, Event } from "../../shared/event.ts";
import type { Random } from "../../shared/runtime.ts";
import { createUlid } from "../../shared/ulid.ts";
import type { EventKind } from "../../trainer/estimate/workload.ts";

/** What an event is about. */
export interface Card {
  readonly id: string;
  readonly item: string;
  readonly at: number;
  readonly list: string;
  readonly position: number;
}

/** With every field that the SDK's own observer fills. A view is of more than half, so that it counts for what trends. */
export function scrollEvent(kind: EventKind, card: Card): Event {
  if (kind === "impression") {
    return { type: kind, ...card, sources: ["nearest"], policy: "deep", explored: false, propensity: 1 };
  }
  if (kind === "view") return { type: kind, ...card, dwellMs: 8_412, fraction: 0.82 };
  if (kind === "skip") return { type: kind, ...card, dwellMs: 1_204 };
  return { type: kind, ...card };
}

/** An envelope of a device at consent `full`. */
export function scrollEnvelope(
  release: string,
  subject: string,
  events: readonly Event[],
  { surface = "home", region }: { surface?: string; region?: string } = {},
): string {
  const place = { language: "en", ...(region !== undefined && { region }) };
  const head = { v: ENVELOPE_VERSION, key: "dev", subject, release, surface, ...place, utcOffsetMinutes: 120 };
  return JSON.stringify({ ...head, events: [...events] } satisfies Envelope);
}

/** A subject of its own for each person. */
export function subjectOfPerson(person: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let text = "";
  for (let rest = person; text.length < 26; rest = Math.floor(rest / 32)) text += letters[rest % 32];
  return text;
}

/** Ids like those of many devices: no two are of one millisecond, so that none is the one before and a digit. */
export function createScatteredIds(random: Random): () => string {
  let at = Date.now();
  return createUlid(() => at++, random);
}
