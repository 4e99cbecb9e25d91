// Rate limits by Cloudflare's own counters: so many posts a minute from one address. Nothing is kept here, and nothing there
// beyond the minute: the key is the address that Cloudflare sees anyway, and no id that a person has with us.

import type { MiddlewareHandler } from "hono";
import { NearfeedError } from "../../shared/errors.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "./answers.ts";

/** Who asks from this machine operates the edge; on Cloudflare no request comes from there. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * Refuses what is too much from one address, before its body is read. Each route is counted by itself. Without the binding
 * `LIMIT_POSTS` nothing is refused.
 *
 * @throws NearfeedError rate_limited
 */
export const limitedByAddress: MiddlewareHandler<{ Bindings: EdgeEnv }> = async (c, next) => {
  const address = c.req.header("cf-connecting-ip");
  const limiter = c.env.LIMIT_POSTS;
  if (limiter !== undefined && address !== undefined && !LOOPBACK.test(address)) {
    const key = `${c.req.routePath} ${networkOf(address)}`;
    const { success } = await limiter.limit({ key }).catch((error: unknown) => {
      // A counter that is away must not take the edge along.
      console.error(logLine(error, "rate limit"));
      return { success: true };
    });
    if (!success) {
      throw new NearfeedError("rate_limited", "too many requests from this address within a minute", {
        hint: "Wait for the time in Retry-After.",
      });
    }
  }
  await next();
};

/** An IPv4 address, or the /64 of an IPv6 address: whoever has one of its addresses has all of them. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail !== undefined)
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - after.length)).fill("0"), ...after);
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
