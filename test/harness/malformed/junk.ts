// Requests that were never right: addresses put together from pieces of addresses, or real ones with random texts and bytes
// for bodies.

import type { Random } from "../../../shared/runtime.ts";
import { text } from "../small-release.ts";
import { jsonText } from "./json-text.ts";
import { ODD_SEGMENTS, ODD_VALUES } from "./mutations.ts";
import type { WireRequest } from "./wire.ts";

const METHODS = ["GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
const SEGMENTS = 5;
const BODY_BYTES = 400;
const DEPTH = 4;
const FIELDS = [
  "v",
  "key",
  "events",
  "queries",
  "space",
  "count",
  "token",
  "action",
  "release",
  "expect",
  "id",
  "type",
  "at",
  "x",
];

/** What exists. */
export interface KnownAddresses {
  readonly paths: readonly string[];
  readonly segments: readonly string[];
}

/** The addresses of requests. */
export function addressesOf(requests: readonly WireRequest[]): KnownAddresses {
  const paths = requests.map(({ target }) => target.split("?")[0]!);
  return { paths, segments: [...new Set(paths.flatMap((path) => path.split("/").slice(1)))] };
}

/** One of them. @param secret is given with half of them */
export function junkRequest(random: Random, known: KnownAddresses, secret: string): WireRequest {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const chance = (share: number) => random() < share;
  const count = Math.floor(random() * SEGMENTS);
  const segments = Array.from({ length: count }, () => (chance(0.8) ? pick(known.segments) : pick(ODD_SEGMENTS)));
  const path = chance(0.6) ? pick(known.paths) : `/${segments.join("/")}`;
  const query = chance(0.3) ? `?${pick(["channel", "language", "after", "x"])}=${pick(ODD_SEGMENTS)}` : "";
  const method = pick(METHODS);
  const hasBody = method !== "GET" && method !== "HEAD" && chance(0.9);
  return {
    method,
    target: `${path}${query}`,
    headers: chance(0.5) ? [["Authorization", `Bearer ${secret}`]] : [],
    ...(hasBody && { body: chance(0.7) ? text.encode(jsonText(value(DEPTH))) : bytes() }),
    ...(hasBody && chance(0.1) && { chunked: true }),
  };

  function value(depth: number): unknown {
    if (depth === 0 || chance(0.3)) return pick(ODD_VALUES);
    const length = Math.floor(random() * 5);
    if (chance(0.3)) return Array.from({ length }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length }, () => [pick(FIELDS), value(depth - 1)]));
  }

  function bytes(): Uint8Array {
    return Uint8Array.from({ length: Math.floor(random() * BODY_BYTES) }, () => Math.floor(random() * 256));
  }
}
