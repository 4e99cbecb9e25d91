// `POST /v1/:release/retrieve`: the candidates for some query vectors, of all sources. It gets no id of a person, keeps
// nothing and logs nothing of what it was asked.

import { NearfeedError } from "../../shared/errors.ts";
import { parseRetrieveRequest, REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { RetrieveRequest } from "../../shared/protocol.ts";
import { readJson } from "../http/body.ts";
import { candidatesAnswer } from "./candidates.ts";
import { findCandidates } from "./pipeline.ts";
import type { Pipeline } from "./pipeline.ts";
import { quotasOf } from "./quotas.ts";
import type { ServedRelease } from "./served.ts";
import { explore, fresh, popular } from "./sources/in-order.ts";
import { nearest } from "./sources/nearest.ts";
import { similarTo } from "./sources/similar.ts";
import { nothingTrends, trending } from "./sources/trending.ts";
import type { TrendingSource } from "./sources/trending.ts";
import type { Items } from "./items.ts";

/** Answers a retrieve request as a candidates file. */
export async function retrieve(
  served: ServedRelease,
  request: Request,
  counts: TrendingSource = nothingTrends,
): Promise<Response> {
  const { tables } = served;
  const asked = parseRetrieveRequest(await readJson(request, REQUEST_LIMITS.retrieveBytes), tables.release.dim);
  checkRequest(asked, tables);
  const { count, filter = {} } = asked;
  const missing = new Set<string>();
  const onMissing = (part: string) => missing.add(part);
  const hits = await findCandidates(retrievePipeline(served, asked, counts), { count, filter, onMissing });
  return candidatesAnswer(served, hits, { catalog: asked.catalog === true, cacheControl: "no-store", missing });
}

/** The sources of an answer of retrieve. @throws NearfeedError bad_value for quotas that sum to more than the answer */
export function retrievePipeline(
  { tables, index, orders }: ServedRelease,
  { queries, count, items = [], quotas }: RetrieveRequest,
  counts: TrendingSource,
): Pipeline {
  const places = quotasOf(count, quotas);
  return {
    filling: [nearest(index, queries)],
    quoted: [
      { source: similarTo(tables, index, items), quota: places.similar },
      { source: trending(tables, index, counts), quota: places.trending },
      { source: fresh(orders), quota: places.fresh },
      { source: popular(orders), quota: places.popular },
      { source: explore(orders, JSON.stringify([queries, items])), quota: places.explore },
    ],
  };
}

function checkRequest(asked: RetrieveRequest, { release }: Items): void {
  if (asked.space !== release.space) {
    throw new NearfeedError("wrong_space", `the release has space ${release.space}, got ${asked.space}`, {
      path: "space",
    });
  }
  if (asked.queries.length === 0 && (asked.items ?? []).length === 0) {
    throw new NearfeedError("bad_value", "a request needs a query or an item", { path: "queries" });
  }
}
