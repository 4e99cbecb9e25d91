/** The app's own `fetch`, called by the engine: a function cannot move into a worker, so requests come to the page. */
import { transfer } from "comlink";
import { fetchReply } from "./fetch-reply.ts";
import type { PageHooks } from "./messages.ts";

export function pageFetch(own: typeof fetch = fetch): PageHooks["fetch"] {
  return async (url, request, take) => {
    const reply = await fetchReply(own, url, request, {
      ...(take && { take: (status, chunk) => take(status, transfer(chunk, [chunk.buffer])) }),
    });
    return transfer(reply, [reply.bytes.buffer]);
  };
}
