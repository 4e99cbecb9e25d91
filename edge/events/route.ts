// `POST /v1/events`: takes an envelope, answers a verdict on each of its events. 202 means kept: by the queue where there
// is one, otherwise by the store itself.

import { errorBody, NearfeedError } from "../../shared/errors.ts";
import { EVENT_LIMITS, parseEnvelope } from "../../shared/event.ts";
import type { EventVerdict } from "../../shared/event.ts";
import type { EventsAnswer } from "../../shared/protocol.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { loggedEvents, splitIntoMessages } from "./event-message.ts";
import { storeEvents } from "./store-events.ts";

/** What a request to take events comes with. */
export interface TakeOptions {
  /** When it was received, epoch ms. */
  readonly now: number;
  /** Told how many events were accepted and kept, and how many refused. */
  readonly onVerdicts: (counts: { accepted: number; refused: number }) => void;
}

/** Accepts an envelope. */
export async function takeEvents(env: EdgeEnv, request: Request, { now, onVerdicts }: TakeOptions): Promise<Response> {
  const body = await readJson(request, EVENT_LIMITS.bodyBytes);
  const { head, events, verdicts } = parseEnvelope(body, { now });
  if (head.key !== env.PUBLIC_KEY) {
    throw new NearfeedError("bad_key", "the public key is not that of this edge", { path: "key" });
  }
  const messages = splitIntoMessages(head, events, now);
  try {
    if (env.EVENT_QUEUE === undefined) await storeEvents(env.EVENT_STORE, messages.flatMap(loggedEvents));
    else await Promise.all(messages.map((message) => env.EVENT_QUEUE!.send(message, { contentType: "json" })));
  } catch (cause) {
    // Some messages may have been taken. That is harmless: an event sent again is stored once.
    throw new NearfeedError("unavailable", "the events could not be kept", { hint: "Send them again later.", cause });
  }
  const answer = answerOf(verdicts);
  onVerdicts(answer);
  return jsonAnswer(answer, 202);
}

function answerOf(verdicts: readonly EventVerdict[]): EventsAnswer {
  const accepted = verdicts.filter((each) => each.accepted).length;
  return {
    accepted,
    refused: verdicts.length - accepted,
    verdicts: verdicts.map((each) => (each.accepted ? each : { ...each, ...errorBody(each.error) })),
  };
}
