// `GET /v1/openapi.json` as an answer: made once an isolate, the same for everybody.

import { jsonAnswer } from "../http/answers.ts";
import { openapi } from "./document.ts";

/** It changes with a deploy, and nobody waits for it. */
const CACHE_CONTROL = "public, max-age=3600";

let made: ReturnType<typeof openapi> | undefined;

/** The description. */
export function getOpenapi(): Response {
  return jsonAnswer((made ??= openapi()), 200, { "Cache-Control": CACHE_CONTROL });
}
