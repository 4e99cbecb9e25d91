/** Errors as data for the way between the worker and the page, where a clone would lose their code. */
import { errorBody, NearfeedError } from "../shared/errors.ts";
import type { ErrorCode } from "../shared/errors.ts";
import type { PlainError } from "./messages.ts";

/** @param code of anything that is not a NearfeedError yet */
export function asNearfeedError(error: unknown, code: ErrorCode): NearfeedError {
  if (error instanceof NearfeedError) return error;
  return new NearfeedError(code, reasonOf(error), { cause: error });
}

/** What was thrown, in words: an app may throw anything, also what cannot be written out. */
export function reasonOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "an unreadable error";
  }
}

export function plainError(error: unknown, code: ErrorCode): PlainError {
  return errorBody(asNearfeedError(error, code)).error;
}

export function reviveError({ code, message, path, hint }: PlainError): NearfeedError {
  return new NearfeedError(code, message, { path, hint });
}
