// `POST /v1/forget`: whoever holds the token of a subject has what was uploaded under it deleted. What waits in the store
// goes at once; for what lies in the log already the request is kept, for whoever compacts or reads the log to carry out.

import { NearfeedError } from "../../shared/errors.ts";
import { object } from "../../shared/parse.ts";
import type { ForgetAnswer } from "../../shared/protocol.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { decodeToken, subjectOf } from "../../shared/subject.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { digest } from "../runtime.ts";
import { FORGOTTEN_MS } from "./event-store.ts";
import { forgetSubject } from "./store-events.ts";

const parseForget = object({ token: decodeToken });

/** A request to delete, as the bucket keeps it: `forgotten/dt=YYYY-MM-DD/<subject>.json`. */
export interface ForgetRecord {
  subject: string;
  /** When it was asked, epoch ms. Events received later are dropped until `until`. */
  at: number;
  until: number;
}

/** Takes a request received at `now`. 202 means: recorded, and every shard knows. */
export async function takeForget(env: EdgeEnv, request: Request, now: number): Promise<Response> {
  const { token } = parseForget(await readJson(request, REQUEST_LIMITS.forgetBytes), "");
  const subject = await subjectOf(token, digest);
  const record: ForgetRecord = { subject, at: now, until: now + FORGOTTEN_MS };
  try {
    // The record first: what a shard wrote just before it heard of the subject is covered by it.
    await env.BUCKET.put(forgottenKey(record), JSON.stringify(record), {
      httpMetadata: { contentType: "application/json" },
    });
    await forgetSubject(env.EVENT_STORE, subject, now);
  } catch (cause) {
    throw new NearfeedError("unavailable", "the request could not be kept", { hint: "Send it again later.", cause });
  }
  return jsonAnswer({ subject } satisfies ForgetAnswer, 202);
}

/** In UTC. One object a subject and day, however often it is asked. */
function forgottenKey({ subject, at }: ForgetRecord): string {
  return `forgotten/dt=${new Date(at).toISOString().slice(0, 10)}/${subject}.json`;
}
