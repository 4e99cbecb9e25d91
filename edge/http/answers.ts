// Answers: JSON, errors, and the headers that every answer carries.

import { ERROR_CODES, errorBody, NearfeedError } from "../../shared/errors.ts";
import type { ErrorCode } from "../../shared/errors.ts";

/** How long a caller should wait before it tries again what was refused for now. */
const RETRY_AFTER_SECONDS = 10;

/** The longest period that the rate limiting binding counts over. */
const LIMIT_PERIOD_SECONDS = 60;

/** Nothing of ours is a page: no answer may run scripts, be framed or be taken for another type. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** Sets the security headers on an answer. */
export function secure(headers: Headers): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
}

/** A JSON answer that no cache keeps, unless `headers` say otherwise. */
export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers },
  });
}

/** The code under which an error is answered and counted. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof NearfeedError ? error.code : "internal";
}

/** The answer to an error. Anything but a NearfeedError is a defect: its text stays here. */
export function errorAnswer(error: unknown): Response {
  const known =
    error instanceof NearfeedError ? error : new NearfeedError("internal", "the edge failed; this is a defect of it");
  const status = ERROR_CODES[known.code] || ERROR_CODES.internal;
  return jsonAnswer(errorBody(known), status, {
    ...(status === 503 && { "Retry-After": String(RETRY_AFTER_SECONDS) }),
    ...(status === 429 && { "Retry-After": String(LIMIT_PERIOD_SECONDS) }),
    ...(known.code === "unauthorized" && { "WWW-Authenticate": "Bearer" }),
  });
}

/**
 * What may be logged of an unexpected error: its kind and where it was thrown. Messages stay out, because they may
 * quote what a person sent.
 */
export function logLine(error: unknown, route: string): string {
  const { stack = "", message = "" } = error instanceof Error ? error : {};
  // A message stands before the frames, and one of several lines may look like them.
  const frames = stack
    .slice(stack.indexOf(message) + message.length)
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
  return JSON.stringify({
    code: codeOf(error),
    route,
    name: error instanceof Error ? error.name : typeof error,
    frames,
  });
}
