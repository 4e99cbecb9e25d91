/** One request by whichever `fetch` there is, on the page's thread or in the worker, reduced to what the engine uses. */
import type { HttpReply, HttpRequest, Take } from "./messages.ts";

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Gets the body of a good answer as it arrives; the reply then has none. */
  readonly take?: Take;
}

/** Files come in parts of at most 32 MB, and everything else is far smaller. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** A request says what it must and no more: no cookie of the page's origin, and not where the person is. */
const NOTHING_ELSE = { credentials: "omit", referrerPolicy: "no-referrer" } as const;

/** Rejects where no answer came, or its body broke off; what `take` got before that is good. */
export async function fetchReply(
  own: typeof fetch,
  url: string,
  { method, body, contentType, cache, from }: HttpRequest,
  { signal, take }: FetchOptions = {},
): Promise<HttpReply> {
  const headers: Record<string, string> = {
    ...(contentType !== undefined && { "Content-Type": contentType }),
    // Of this form no preflight is needed.
    ...(from !== undefined && { Range: `bytes=${from}-` }),
  };
  const response = await own(url, { ...NOTHING_ELSE, method, body, headers, cache, ...(signal && { signal }) });
  const { status } = response;
  const about = { status, retryAfter: response.headers.get("Retry-After") };
  if (!take || !response.ok) return { ...about, bytes: await whole(response) };
  await pass(response, take);
  return { ...about, bytes: new Uint8Array(0) };
}

/** The body, as far as any answer goes that makes sense: one without an end would fill the memory. */
async function whole(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  await pass(response, (_, chunk) => {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  });
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function pass(response: Response, take: Take): Promise<void> {
  // An app's own fetch may answer with something that has no stream.
  const reader = response.body?.getReader();
  if (!reader) return take(response.status, new Uint8Array(await response.arrayBuffer()));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await take(response.status, value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}
