// What a person did with an item, and the envelope in which a device sends such events. What an event *means* for the
// profile is the business of the signal table, not of this file.

import { NearfeedError } from "./errors.ts";
import { id as idParser, word } from "./item.ts";
import {
  array,
  boolean,
  integer,
  matching,
  number,
  object,
  oneOf,
  optional,
  pathOf,
  plainObject,
  refuse,
  taking,
} from "./parse.ts";
import type { Parser } from "./parse.ts";
import { SOURCES } from "./sources.ts";
import type { Source } from "./sources.ts";
import { ULID } from "./ulid.ts";

/** The version of the envelope that this build writes and reads. */
export const ENVELOPE_VERSION = 1 as const;

/** What an edge takes in one envelope. */
export const EVENT_LIMITS = {
  /** Events an envelope. */
  events: 500,
  /** Bytes of the body of an envelope. */
  bodyBytes: 256 * 1024,
  /** Older events are refused: their ids may have been forgotten, so they could be counted twice. */
  maxAgeMs: 14 * 24 * 3_600_000,
  /** Clocks of devices run ahead; more than a day is not a clock but a mistake. */
  maxFutureMs: 24 * 3_600_000,
} as const;

/** Every kind of event. */
export const EVENT_TYPES = [
  "impression",
  "view",
  "click",
  "like",
  "dislike",
  "skip",
  "hide",
  "share",
  "save",
  "purchase",
  "rating",
  "undo",
] as const;

/** One kind of event. */
export type EventType = (typeof EVENT_TYPES)[number];

interface EventBase {
  /** ULID. Two events with one id are one event. */
  id: string;
  /** The item's id. */
  item: string;
  /** When it happened on the device, epoch ms. */
  at: number;
  /** The id of the list in which the item was shown. */
  list?: string;
  /** The item's position in that list, from 0. */
  position?: number;
}

/** The item was on the screen. The rest says how selection came to show it there, for honest training later. */
export interface ImpressionEvent extends EventBase {
  type: "impression";
  sources?: Source[];
  policy?: string;
  /** True where an exploration slot chose it. */
  explored?: boolean;
  /** How likely selection was to show it at this position, 0 < p ≤ 1. */
  propensity?: number;
}

/** The item was looked at or played. */
export interface ViewEvent extends EventBase {
  type: "view";
  dwellMs: number;
  /** The part of the item that was consumed, 0–1. */
  fraction?: number;
}

/** The item was passed over: graded evidence, not a ban. */
export interface SkipEvent extends EventBase {
  type: "skip";
  dwellMs?: number;
  fraction?: number;
}

/** A rating of 0.5–5 stars. */
export interface RatingEvent extends EventBase {
  type: "rating";
  value: number;
}

/** A purchase; `value` is the price in the app's own currency. */
export interface PurchaseEvent extends EventBase {
  type: "purchase";
  value: number;
}

/** Takes another event back: afterwards the profile is as if that one had never been given. */
export interface UndoEvent extends EventBase {
  type: "undo";
  /** The id of the event taken back. */
  event: string;
}

/** Events that carry nothing but their kind. */
export interface PlainEvent extends EventBase {
  type: "click" | "like" | "dislike" | "hide" | "share" | "save";
}

/** What a person did with an item. */
export type Event = ImpressionEvent | ViewEvent | SkipEvent | RatingEvent | PurchaseEvent | UndoEvent | PlainEvent;

/** What an envelope says of all its events. */
export interface EventContext {
  /** The random id of the device; only at consent `full`. */
  subject?: string;
  /** The release that made the lists. */
  release: string;
  surface: string;
  language?: string;
  region?: string;
  /** Minutes east of UTC, so that training knows the local hour. */
  utcOffsetMinutes?: number;
}

/** Everything of an envelope but its events. */
export interface EnvelopeHead extends EventContext {
  v: typeof ENVELOPE_VERSION;
  /** The public key of the edge. */
  key: string;
}

/** What a device sends. */
export interface Envelope extends EnvelopeHead {
  events: Event[];
}

/** The verdict on one event of an envelope, in the order of the events. */
export type EventVerdict =
  | { index: number; id: string; accepted: true }
  | { index: number; id?: string; accepted: false; error: NearfeedError };

/** An envelope whose head is sound, the events that were accepted, and a verdict on each. */
export interface ParsedEnvelope {
  head: EnvelopeHead;
  events: Event[];
  verdicts: EventVerdict[];
}

const ulid = matching(ULID, "a ULID (26 characters)");
const base = {
  id: ulid,
  item: idParser,
  at: integer({ min: 0 }),
  list: optional(idParser),
  position: optional(integer({ min: 0, max: 1_000_000 })),
};
const dwellMs = number({ min: 0, max: 7 * 24 * 3_600_000 });
const fraction = optional(number({ min: 0, max: 1 }));

function plain<const T extends PlainEvent["type"]>(type: T): Parser<PlainEvent> {
  return object({ ...base, type: oneOf([type]) });
}

const EVENT_PARSERS: { readonly [T in EventType]: Parser<Event> } = {
  impression: object({
    ...base,
    type: oneOf(["impression"]),
    sources: optional(array(oneOf(SOURCES), { max: SOURCES.length })),
    policy: optional(idParser),
    explored: optional(boolean),
    propensity: optional(number({ min: Number.MIN_VALUE, max: 1 })),
  }),
  view: object({ ...base, type: oneOf(["view"]), dwellMs, fraction }),
  skip: object({ ...base, type: oneOf(["skip"]), dwellMs: optional(dwellMs), fraction }),
  rating: object({ ...base, type: oneOf(["rating"]), value: number({ min: 0.5, max: 5 }) }),
  purchase: object({ ...base, type: oneOf(["purchase"]), value: number({ min: 0, max: 1e12 }) }),
  undo: object({ ...base, type: oneOf(["undo"]), event: ulid }),
  click: plain("click"),
  like: plain("like"),
  dislike: plain("dislike"),
  hide: plain("hide"),
  share: plain("share"),
  save: plain("save"),
};

const typeParser = oneOf(EVENT_TYPES);

/** As {@link parseEvent}. */
export const eventParser: Parser<Event> = taking(
  (value, path) => parseEvent(value, path),
  "anyOf",
  ...Object.values(EVENT_PARSERS),
);

/** Parses one event; errors carry the path below `path`. Says nothing about its age. */
export function parseEvent(value: unknown, path = ""): Event {
  const source = plainObject(value, path);
  const where = pathOf(path, "type");
  if (source.type === undefined)
    throw new NearfeedError("missing_field", `${where} is required and absent`, { path: where });
  return EVENT_PARSERS[typeParser(source.type, where)](value, path);
}

const contextShape = {
  subject: optional(idParser),
  release: idParser,
  surface: idParser,
  language: optional(word),
  region: optional(word),
  utcOffsetMinutes: optional(integer({ min: -14 * 60, max: 14 * 60 })),
};

/** The fields of an envelope but its events. */
export const headShape = { v: oneOf([ENVELOPE_VERSION], "wrong_version"), key: idParser, ...contextShape };

const headParser = object(headShape);

/** Parses what an envelope says of all its events; errors carry the path below `path`. */
export function parseContext(value: unknown, path = ""): EventContext {
  return object(contextShape)(value, path);
}

/**
 * Parses an envelope received at `now` (epoch ms). A bad head refuses the whole; a bad event only itself, in its verdict.
 * @throws NearfeedError with the path for a bad head, too_many for more events than the limit
 */
export function parseEnvelope(value: unknown, options: { now: number; limits?: typeof EVENT_LIMITS }): ParsedEnvelope {
  const { now, limits = EVENT_LIMITS } = options;
  const { events: list, ...rest } = plainObject(value, "");
  const head = headParser(rest, "");
  if (list === undefined) throw new NearfeedError("missing_field", "events is required and absent", { path: "events" });
  if (!Array.isArray(list)) return refuse("wrong_type", "events", "an array", list);
  if (list.length > limits.events) return refuse("too_many", "events", `an array of at most ${limits.events}`, list);
  const events: Event[] = [];
  const verdicts = list.map((each: unknown, index): EventVerdict => {
    const path = pathOf("events", index);
    try {
      const event = parseEvent(each, path);
      checkAge(event, { now, limits, path });
      events.push(event);
      return { index, id: event.id, accepted: true };
    } catch (error) {
      if (!(error instanceof NearfeedError)) throw error;
      const named = (each as { id?: unknown } | null)?.id;
      return { index, ...(typeof named === "string" && named.length <= 26 && { id: named }), accepted: false, error };
    }
  });
  return { head, events, verdicts };
}

function checkAge(event: Event, context: { now: number; limits: typeof EVENT_LIMITS; path: string }): void {
  const { now, limits } = context;
  const path = pathOf(context.path, "at");
  if (event.at < now - limits.maxAgeMs) {
    const days = limits.maxAgeMs / 86_400_000;
    throw new NearfeedError("too_old", `${path} is older than ${days} days, got ${event.at}`, { path });
  }
  if (event.at > now + limits.maxFutureMs) {
    throw new NearfeedError("bad_value", `${path} lies more than a day ahead, got ${event.at}`, {
      path,
      hint: "Check the clock of the device; times are epoch milliseconds.",
    });
  }
}
