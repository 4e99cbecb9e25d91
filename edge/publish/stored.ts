// Reads back what the edge itself has stored. If that does not parse, the store is damaged and not the request, so the
// error says so.

import { NearfeedError } from "../../shared/errors.ts";

/** Runs a parser or loader over something stored; its NearfeedErrors become bad_release with `what` in the message. */
export async function fromStore<T>(what: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NearfeedError || error instanceof SyntaxError) {
      const path = error instanceof NearfeedError ? error.path : undefined;
      throw new NearfeedError("bad_release", `${what} is damaged: ${error.message}`, { path, cause: error });
    }
    throw error;
  }
}
