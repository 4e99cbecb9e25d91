// The publish secret. Compared as SHA-256 digests in constant time: digests have equal lengths, whatever was sent, and
// timingSafeEqual throws on unequal ones.

import type { MiddlewareHandler } from "hono";
import { NearfeedError } from "../../shared/errors.ts";
import type { EdgeEnv } from "../bindings.ts";
import { text } from "../runtime.ts";

/** Lets only requests with `Authorization: Bearer <publish secret>` pass. */
export const needsSecret: MiddlewareHandler<{ Bindings: EdgeEnv }> = async (c, next) => {
  const secret = c.env.PUBLISH_SECRET ?? "";
  if (secret === "") {
    throw new NearfeedError("unauthorized", "this edge has no publish secret, so nothing can be published", {
      hint: "Run `wrangler secret put PUBLISH_SECRET`.",
    });
  }
  const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  if (!(await equalSecrets(given, secret))) {
    throw new NearfeedError("unauthorized", "the publish secret is missing or wrong", { path: "Authorization" });
  }
  await next();
};

async function equalSecrets(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((each) => crypto.subtle.digest("SHA-256", text.encode(each))));
  return crypto.subtle.timingSafeEqual(left, right);
}
