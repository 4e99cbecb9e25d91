// The queues' consumer: a batch of messages is stored, then acknowledged. One message that cannot be stored holds up no
// other, and none ends without a trace: what is no message of ours is set aside at once, and what the queue gave up on
// comes back through the dead letter queue and is set aside too.

import { NearfeedError } from "../../shared/errors.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "../http/answers.ts";
import { setAside } from "./dead-letters.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { loggedEvents, parseMessage } from "./event-message.ts";
import type { EventMessage } from "./event-message.ts";
import { storeEvents } from "./store-events.ts";

/** How the name of a dead letter queue ends; `wrangler.toml` names both queues. */
const DEAD_QUEUE = /-dead$/;

/** From this delivery on, a message is stored by itself: it may be what makes its batches fail. */
const ALONE_FROM_ATTEMPT = 3;

/** The wait before a message that failed by itself comes again. With the queue's 100 tries it has most of an hour. */
const RETRY_SECONDS = 30;

/** The same for one that was given up on: behind it comes nothing that would keep it, so its 100 tries take 16 hours. */
const DEAD_RETRY_SECONDS = 600;

/** Takes a batch at `now`. It rejects where none of the whole could be stored, and the batch comes again. */
export async function consumeBatch(env: EdgeEnv, batch: MessageBatch, now: number): Promise<void> {
  const isDead = DEAD_QUEUE.test(batch.queue);
  const settle = (message: Message, task: () => Promise<void>) =>
    settleAlone(message, task, isDead ? DEAD_RETRY_SECONDS : RETRY_SECONDS);
  const aside = (message: Message, letter: Pick<DeadLetter, "reason" | "problem">) =>
    settle(message, () => setAside(env, message, { ...letter, queue: batch.queue, at: now }));
  if (isDead) {
    const problem = "it could not be stored";
    for (const message of batch.messages) await aside(message, { reason: "undeliverable", problem });
    return;
  }
  const together: { message: Message; content: EventMessage }[] = [];
  for (const message of batch.messages) {
    let content: EventMessage;
    try {
      content = parseMessage(message.body);
    } catch (error) {
      const problem = error instanceof NearfeedError ? `${error.code} at ${error.path ?? "the message"}` : "unreadable";
      await aside(message, { reason: "malformed", problem });
      continue;
    }
    if (message.attempts < ALONE_FROM_ATTEMPT) together.push({ message, content });
    else await settle(message, () => storeEvents(env.EVENT_STORE, loggedEvents(content)));
  }
  await storeEvents(
    env.EVENT_STORE,
    together.flatMap(({ content }) => loggedEvents(content)),
  );
  for (const { message } of together) message.ack();
}

/** Acknowledges a message when the task is done, and has it come again later when it failed. */
async function settleAlone(message: Message, task: () => Promise<void>, delaySeconds: number): Promise<void> {
  try {
    await task();
    message.ack();
  } catch (error) {
    console.error(logLine(error, "queue"));
    message.retry({ delaySeconds });
  }
}
