// Accepted events on their way to the store: as lines that the log keeps, and as messages of a queue. The lines are what
// `nearfeed train` reads, so their fields are a contract.

import { EVENT_LIMITS, parseEvent, parseContext } from "../../shared/event.ts";
import type { EnvelopeHead, Event, EventContext } from "../../shared/event.ts";
import { array, integer, object, oneOf } from "../../shared/parse.ts";

/**
 * One accepted event as the log keeps it: the event, and of its envelope all but the key. `received` is when the edge
 * took it, epoch ms.
 */
export type LoggedEvent = Event & EventContext & { received: number };

/** What one queue message holds. */
export interface EventMessage {
  v: 1;
  /** The envelope's head without its key, once for all events. */
  head: EventContext;
  received: number;
  events: Event[];
}

/** Queues take 128 kB a message, their own wrapping included. */
const MAX_MESSAGE_BYTES = 120_000;

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/** Splits the accepted events of an envelope into messages that a queue takes. */
export function splitIntoMessages(head: EnvelopeHead, events: readonly Event[], received: number): EventMessage[] {
  const { v: _v, key: _key, ...rest } = head;
  const messages: EventMessage[] = [];
  const emptyBytes = bytesOf({ v: 1, head: rest, received, events: [] });
  let bytes = Infinity;
  for (const event of events) {
    const added = bytesOf(event) + 1; // and a comma
    if (bytes + added > MAX_MESSAGE_BYTES) {
      messages.push({ v: 1, head: rest, received, events: [] });
      bytes = emptyBytes;
    }
    messages.at(-1)!.events.push(event);
    bytes += added;
  }
  return messages;
}

/** The events of a message as the log keeps them. */
export function loggedEvents(message: EventMessage): LoggedEvent[] {
  return message.events.map((event) => ({ ...event, ...message.head, received: message.received }));
}

const messageParser = object({
  v: oneOf([1], "wrong_version"),
  head: (value, path) => parseContext(value, path),
  received: integer({ min: 0 }),
  events: array((value, path) => parseEvent(value, path), { max: EVENT_LIMITS.events }),
});

/** Reads a message from the queue. @throws NearfeedError with the path of what is no message of this version */
export function parseMessage(value: unknown): EventMessage {
  return messageParser(value, "");
}
