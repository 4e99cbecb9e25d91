/** Errors as data for the way between the worker and the page, where a clone would lose their code. */
import { errorBody, NearfeedError } from "../shared/errors.ts";
import type { ErrorCode } from "../shared/errors.ts";
import type { PlainError } from "./messages.ts";

/** @param code of anything that is not a NearfeedError yet */
export function asNearfeedError(error: unknown, code: ErrorCode): NearfeedError {
  if (error instanceof NearfeedError) return error;
  return new NearfeedError(code, error instanceof Error ? error.message : String(error), { cause: error });
}

export function plainError(error: unknown, code: ErrorCode): PlainError {
  return errorBody(asNearfeedError(error, code)).error;
}

export function reviveError({ code, message, path, hint }: PlainError): NearfeedError {
  return new NearfeedError(code, message, { path, hint });
}
