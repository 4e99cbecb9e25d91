// Who may call from a page. Public GETs are for everybody; POSTs only for the origins that the operator lists, and for
// pages of the edge's own origin. Publishing has no CORS at all: it is not for pages.

import type { MiddlewareHandler } from "hono";
import { NearfeedError } from "../../shared/errors.ts";
import { HEADERS } from "../../shared/protocol.ts";
import type { EdgeEnv } from "../bindings.ts";

/** Browsers ask again after a day. */
const PREFLIGHT_SECONDS = 86_400;

const EXPOSED = ["ETag", "Content-Range", "Accept-Ranges", "Retry-After", HEADERS.release, HEADERS.missing].join(", ");

type Middleware = MiddlewareHandler<{ Bindings: EdgeEnv }>;

/** Any page may read the answer, errors included. */
export const readableByAll: Middleware = async (c, next) => {
  await next();
  c.res.headers.set("Access-Control-Allow-Origin", "*");
  c.res.headers.set("Access-Control-Expose-Headers", EXPOSED);
  c.res.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
};

/** Only pages of listed origins may post; callers without an Origin are no pages. */
export const postableByListed: Middleware = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin !== undefined && !isAllowed(origin, c.req.url, c.env.ALLOWED_ORIGINS)) {
    throw new NearfeedError("forbidden_origin", "pages of this origin may not post here", {
      path: "Origin",
      hint: "The operator lists origins in the variable ALLOWED_ORIGINS.",
    });
  }
  await next();
  c.res.headers.append("Vary", "Origin");
  if (origin === undefined) return;
  c.res.headers.set("Access-Control-Allow-Origin", origin);
  c.res.headers.set("Access-Control-Expose-Headers", EXPOSED);
};

/** The answer to a preflight, once the middleware above has let it pass. */
export function preflight(methods: string, headers: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": methods,
      "Access-Control-Allow-Headers": headers,
      "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    },
  });
}

function isAllowed(origin: string, url: string, listed = ""): boolean {
  const origins = listed.split(/[\s,]+/);
  return origin === new URL(url).origin || origins.includes("*") || origins.includes(origin);
}
