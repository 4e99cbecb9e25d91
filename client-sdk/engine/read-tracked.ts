/** Reads an event that the page sent: the boundary at which apps' mistakes become errors. */
import { parseEvent } from "../../shared/event.ts";
import type { Event } from "../../shared/event.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { EventLog } from "./event-log.ts";

/**
 * @param raw an undo names an event; its item is the log's
 * @throws NearfeedError with the path; `unknown_event` for an undo of nothing
 */
export function readTracked(raw: Readonly<Record<string, unknown>>, log: EventLog): Event {
  if (raw["type"] !== "undo") return parseEvent(raw, "event");
  const taken = log.get(String(raw["event"]));
  if (!taken) {
    throw new NearfeedError("unknown_event", `There is no event ${JSON.stringify(raw["event"])} to take back.`, {
      path: "event.event",
    });
  }
  return parseEvent({ ...raw, item: taken.event.item }, "event");
}
