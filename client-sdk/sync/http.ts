/**
 * Requests to the edge. Either the bytes of a good answer come back, or a NearfeedError that says whether the edge could
 * not be reached (`offline`) or what it objected to.
 */
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";
import type { HttpReply, HttpRequest, PageHooks } from "../messages.ts";
import { textCodec } from "../runtime.ts";

/** Sends one request; rejects where no answer came, or when the signal fires. */
export type Send = (url: string, request: HttpRequest, signal?: AbortSignal) => Promise<HttpReply>;

/** An edge that has not answered by then is as good as none. */
const TIMEOUT_MS = 15_000;

/** @param page requests go through the page's own fetch */
export function createSend(page?: Pick<PageHooks, "fetch">): Send {
  const from = page ? (url: string, request: HttpRequest) => page.fetch(url, request) : sendFromHere;
  return async (url, request, signal) => {
    const call = new AbortController();
    const end = () => call.abort(signal?.reason);
    signal?.addEventListener("abort", end);
    const timer = setTimeout(() => call.abort(new Error("no answer in time")), TIMEOUT_MS);
    try {
      signal?.throwIfAborted();
      // The page's own fetch cannot be called off from here; nobody waits for it any longer.
      return await Promise.race([from(url, request, call.signal), aborted(call.signal)]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  };
}

async function sendFromHere(url: string, request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
  const { method, body, contentType, cache } = request;
  const headers: Record<string, string> = contentType === undefined ? {} : { "Content-Type": contentType };
  const response = await fetch(url, { method, body, headers, cache, signal });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, retryAfter: response.headers.get("Retry-After"), bytes };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** @throws NearfeedError `offline`, the edge's own error, or `bad_answer` */
export async function get(send: Send, url: string, cache: RequestCache): Promise<Uint8Array<ArrayBuffer>> {
  const reply = await reach(send, url, { method: "GET", cache });
  if (reply.status !== 200) throw errorOf(reply);
  return reply.bytes;
}

/** @throws NearfeedError `offline` */
export async function reach(send: Send, url: string, request: HttpRequest, signal?: AbortSignal): Promise<HttpReply> {
  try {
    return await send(url, request, signal);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NearfeedError("offline", `The edge could not be reached: ${reason}`, { cause });
  }
}

/** What an answer that is not a good one says. */
export function errorOf({ status, bytes }: HttpReply): NearfeedError {
  let body: unknown;
  try {
    body = parseJson(bytes);
  } catch {
    // Said below.
  }
  return errorFromBody(body) ?? new NearfeedError("bad_answer", `The edge answered ${status} without saying why.`);
}

/** @throws NearfeedError `bad_answer` */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textCodec.decode(bytes)) as unknown;
  } catch (cause) {
    throw new NearfeedError("bad_answer", "The edge's answer is not JSON.", { cause });
  }
}
