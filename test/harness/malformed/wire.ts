// A request as it goes over the line: a text for a target, pairs for headers, bytes for a body. Nothing in it needs to be
// right. What sends it is the test's.

import { text } from "../small-release.ts";
import { jsonText } from "./json-text.ts";
import type { ValidRequest } from "./valid-requests.ts";

/** One request. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, percent-encoded or not. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
  /** Without a Content-Length. */
  readonly chunked?: true;
}

/** The request on the line. */
export function wireOf(valid: ValidRequest, secret: string): WireRequest {
  const { route, parameters, query = {}, body } = valid;
  const [method, pattern] = route.split(" ") as [string, string];
  const left = [...parameters];
  const path = pattern.replaceAll(/:\w+/g, () => encodeURIComponent(left.shift()!).replaceAll("%3D", "="));
  const search = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return {
    method,
    target: search.length === 0 ? path : `${path}?${search.join("&")}`,
    headers: valid.secret ? [["Authorization", `Bearer ${secret}`]] : [],
    ...(body !== undefined && { body: body instanceof Uint8Array ? body : text.encode(jsonText(body)) }),
  };
}
