/** Asks nobody again who has said how long to wait (429): until then the same answer holds, and nothing leaves. */
import type { HttpReply } from "../messages.ts";
import { LONGEST_ASKED_MS } from "./backoff.ts";
import type { Send } from "./http.ts";

/** By address: what an edge counts, it counts by route. */
export function heedRefusals(send: Send, now = () => performance.now()): Send {
  const refused = new Map<string, { readonly reply: HttpReply; readonly until: number }>();
  return async (url, ...rest) => {
    const known = refused.get(url);
    if (known && now() < known.until) return known.reply;
    const reply = await send(url, ...rest);
    if (reply.status === 429) {
      const asked = Math.min(LONGEST_ASKED_MS, Number(reply.retryAfter) * 1_000 || 0);
      refused.set(url, { reply, until: now() + asked });
    }
    return reply;
  };
}
