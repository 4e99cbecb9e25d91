// How many places of an answer each source is given, where the request does not say. What is left is for the nearest.

import { NearfeedError } from "../../shared/errors.ts";
import { QUOTED_SOURCES } from "../../shared/protocol.ts";
import type { Quotas } from "../../shared/protocol.ts";

/**
 * Shares of an answer. The nearest keep six places of ten: what a person likes must not be crowded out by what everybody
 * likes. The strongest signal beside them is what people go on to from the last positives (`similar`). Of each other reason
 * there is so much that a screen can show it: one item in twenty.
 */
const SHARES: Required<Quotas> = { similar: 0.2, trending: 0.05, fresh: 0.05, popular: 0.05, explore: 0.05 };

/**
 * Places by source, together at most `count`.
 * @throws NearfeedError bad_value where the request asks for more
 */
export function quotasOf(count: number, asked: Quotas = {}): Required<Quotas> {
  const quotas = Object.fromEntries(
    QUOTED_SOURCES.map((source) => [source, asked[source] ?? Math.floor(SHARES[source] * count)]),
  ) as Required<Quotas>; // one entry a name
  const total = Object.values(quotas).reduce((sum, quota) => sum + quota, 0);
  if (total > count) {
    throw new NearfeedError("bad_value", `quotas must sum to at most count (${count}), got ${total}`, {
      path: "quotas",
      hint: "Quotas that are not given have a share of their own; set them to 0 where they are not wanted.",
    });
  }
  return quotas;
}
