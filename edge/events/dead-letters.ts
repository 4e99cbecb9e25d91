// Queue messages that cannot be stored, set aside in the bucket with the reason. They stay there until an operator
// has looked at them, or somebody in them is forgotten; nothing here tries them again.

import type { EdgeEnv } from "../bindings.ts";
import { parseMessage } from "./event-message.ts";
import { eventShards } from "./store-events.ts";

/** Where they lie in the bucket. */
export const DEAD_PREFIX = "dead/";

/** `malformed`: it is no message of ours. `undeliverable`: it could not be stored, however often it was tried. */
export type DeadReason = "malformed" | "undeliverable";

/** A message as it is set aside: `dead/dt=YYYY-MM-DD/<message id>.json`, by the day on which it was sent, in UTC. */
export interface DeadLetter {
  reason: DeadReason;
  /** What was wrong with it: an error code and the path in the message, or words. */
  problem: string;
  /** The queue it came from. */
  queue: string;
  /** How often this queue had delivered it. */
  attempts: number;
  /** When it was set aside, epoch ms. */
  at: number;
  /** Events in it; 0 where that cannot be read. */
  events: number;
  /** The message as it was. */
  message: unknown;
}

/**
 * Sets a message aside. Doing it again writes the same object. A message of somebody who was forgotten in the meantime is
 * deleted instead.
 */
export async function setAside(
  env: EdgeEnv,
  message: Message,
  letter: Pick<DeadLetter, "reason" | "problem" | "queue" | "at">,
): Promise<void> {
  const { id, timestamp, attempts, body } = message;
  const known = readable(body);
  const dead: DeadLetter = { ...letter, attempts, events: known?.events.length ?? 0, message: body };
  const key = `${DEAD_PREFIX}dt=${timestamp.toISOString().slice(0, 10)}/${id}.json`;
  await env.BUCKET.put(key, JSON.stringify(dead), { httpMetadata: { contentType: "application/json" } });
  // Kept first and asked then: it must not be lost because a shard is away.
  const subject = known?.head.subject;
  if (known === undefined || subject === undefined) return;
  const [shard] = eventShards(env.EVENT_STORE);
  if (await shard.hasForgotten(subject, known.received)) await env.BUCKET.delete(key);
}

function readable(body: unknown) {
  try {
    return parseMessage(body);
  } catch {
    return undefined;
  }
}
