/** What a refusal must look like: our error, with its code and path, and never another exception. */
import { expect } from "vitest";
import { NearfeedError } from "../../../../shared/errors.ts";

/** Runs `act` and returns the NearfeedError it throws; any other outcome fails the test. */
export function refusal(act: () => unknown): NearfeedError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(NearfeedError);
    return error as NearfeedError;
  }
  return expect.fail("Expected a NearfeedError, got an answer.");
}

export function expectRefusal(act: () => unknown, code: string, path: string): void {
  const { code: gotCode, path: gotPath, message } = refusal(act);
  expect({ code: gotCode, path: gotPath }, message).toEqual({ code, path });
}
