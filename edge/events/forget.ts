// `POST /v1/forget`: whoever holds the token of a subject has what was uploaded under it deleted. What waits in the store
// goes at once; for what lies in the log already the request is kept, and the log's keeper carries it out.

import { NearfeedError } from "../../shared/errors.ts";
import type { ForgetAnswer } from "../../shared/protocol.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { subjectOf } from "../../shared/subject.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { digest } from "../runtime.ts";
import { FORGOTTEN_MS } from "./event-store.ts";
import { forgottenKey } from "./forget-record.ts";
import type { ForgetRecord } from "./forget-record.ts";
import { forgetRequest } from "./forget-request.ts";
import { logKeeper } from "./log-keeper.ts";
import { forgetSubjects } from "./store-events.ts";

/** Takes a request received at `now`. 202 means: recorded, every shard knows, and the keeper will see to the log. */
export async function takeForget(env: EdgeEnv, request: Request, now: number): Promise<Response> {
  const { token } = forgetRequest(await readJson(request, REQUEST_LIMITS.forgetBytes), "");
  const subject = await subjectOf(token, digest);
  const record: ForgetRecord = { subject, at: now, until: now + FORGOTTEN_MS };
  try {
    // The record first: what a shard wrote just before it heard of the subject is covered by it. The keeper before the
    // shards: once it is woken, it tells them too.
    await env.BUCKET.put(forgottenKey(record), JSON.stringify(record), {
      httpMetadata: { contentType: "application/json" },
    });
    await logKeeper(env.LOG_KEEPER).expect();
    await forgetSubjects(env.EVENT_STORE, [record]);
  } catch (cause) {
    throw new NearfeedError("unavailable", "the request could not be kept", { hint: "Send it again later.", cause });
  }
  return jsonAnswer({ subject } satisfies ForgetAnswer, 202);
}
