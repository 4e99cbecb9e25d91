// `POST /v1/:release/retrieve`: the nearest items of some query vectors and the stored neighbours of some items. It gets
// no id of a person, keeps nothing and logs nothing of what it was asked.

import { NearfeedError } from "../../shared/errors.ts";
import { parseRetrieveRequest, REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { RetrieveRequest } from "../../shared/protocol.ts";
import { sourceBit } from "../../shared/sources.ts";
import { newest } from "../catalogue/newest.ts";
import { readJson } from "../http/body.ts";
import { candidatesAnswer } from "./candidates.ts";
import { neighboursOf } from "./neighbours-of.ts";
import type { ServedRelease } from "./served.ts";
import type { Tables } from "./tables.ts";
import { unite } from "./unite.ts";
import type { RankedRows } from "./unite.ts";

/** Answers a retrieve request as a candidates file. */
export async function retrieve(served: ServedRelease, request: Request): Promise<Response> {
  const { tables, index } = served;
  const asked = parseRetrieveRequest(await readJson(request, REQUEST_LIMITS.retrieveBytes), tables.release.dim);
  checkRequest(asked, tables);
  const { queries, count, filter = {}, items = [] } = asked;
  const nearest = await index.search({ queries, count, filter });
  const lists: RankedRows[] = nearest.map((rows) => ({ rows, source: sourceBit("nearest") }));
  if (items.length > 0) {
    const rows = await index.passing(await neighboursOf(tables, items), filter);
    lists.push({ rows, source: sourceBit("neighbour") });
  }
  lists.push(newest(served, filter));
  return candidatesAnswer(tables, unite(lists, count), {
    catalog: asked.catalog === true,
    cacheControl: "no-store",
  });
}

function checkRequest(asked: RetrieveRequest, { release }: Tables): void {
  if (asked.space !== release.space) {
    throw new NearfeedError("wrong_space", `the release has space ${release.space}, got ${asked.space}`, {
      path: "space",
    });
  }
  if (asked.queries.length === 0 && (asked.items ?? []).length === 0) {
    throw new NearfeedError("bad_value", "a request needs a query or an item", { path: "queries" });
  }
}
