/**
 * Requests to the edge. Either the bytes of a good answer come back, or a NearfeedError that says whether the edge could
 * not be reached (`offline`) or what it objected to.
 */
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";
import { proxy } from "comlink";
import { fetchReply } from "../fetch-reply.ts";
import type { FetchOptions } from "../fetch-reply.ts";
import type { HttpReply, HttpRequest, PageHooks } from "../messages.ts";
import { textCodec } from "../runtime.ts";

/** Sends one request; rejects where no answer came, or not all of it, or when the signal fires. */
export type Send = (url: string, request: HttpRequest, options?: FetchOptions) => Promise<HttpReply>;

/** An edge that has not answered by then is as good as none; of a body that is taken as it arrives, the next bytes. */
const TIMEOUT_MS = 15_000;

/** @param page requests go through the page's own fetch */
export function createSend(page?: Pick<PageHooks, "fetch">): Send {
  return async (url, request, { signal, take } = {}) => {
    const call = new AbortController();
    const end = () => call.abort(signal?.reason);
    const late = () => call.abort(new Error("no answer in time"));
    signal?.addEventListener("abort", end);
    let timer = setTimeout(late, TIMEOUT_MS);
    const taken: FetchOptions["take"] = (status, chunk) => {
      // The page's own fetch is called off in no other way; nobody waits for it any longer.
      if (call.signal.aborted) throw new Error("too late");
      clearTimeout(timer);
      timer = setTimeout(late, TIMEOUT_MS);
      return take?.(status, chunk);
    };
    try {
      signal?.throwIfAborted();
      const reply = page
        ? page.fetch(url, request, take && proxy(taken))
        : fetchReply(fetch, url, request, { signal: call.signal, ...(take && { take: taken }) });
      return await Promise.race([reply, aborted(call.signal)]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      // Whatever still comes is too late.
      call.abort();
    }
  };
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
export async function reach(send: Send, url: string, request: HttpRequest, options?: FetchOptions): Promise<HttpReply> {
  try {
    return await send(url, request, options);
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
