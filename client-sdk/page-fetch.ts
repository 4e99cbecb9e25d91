/** The app's own `fetch`, called by the engine: a function cannot move into a worker, so requests come to the page. */
import { transfer } from "comlink";
import type { HttpReply, HttpRequest } from "./messages.ts";

export function pageFetch(own: typeof fetch = fetch): (url: string, request: HttpRequest) => Promise<HttpReply> {
  return async (url, { method, body, contentType, cache }) => {
    const headers: Record<string, string> = contentType === undefined ? {} : { "Content-Type": contentType };
    const response = await own(url, { method, body, headers, cache });
    const buffer = await response.arrayBuffer();
    const reply = {
      status: response.status,
      retryAfter: response.headers.get("Retry-After"),
      bytes: new Uint8Array(buffer),
    };
    return transfer(reply, [buffer]);
  };
}
