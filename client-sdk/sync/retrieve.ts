/** Asks the edge for candidates with query vectors: taste and intent, and the items of the last positives. */
import { NearfeedError } from "../../shared/errors.ts";
import type { Filter } from "../../shared/filter.ts";
import type { Interest } from "../../shared/interest.ts";
import { MEDIA_TYPES, REQUEST_LIMITS, ROUTES } from "../../shared/protocol.ts";
import type { RetrieveRequest } from "../../shared/protocol.ts";
import type { Release } from "../../shared/release.ts";
import { errorOf, reach } from "./http.ts";
import type { Send } from "./http.ts";

/** A query vector of few events names them; from this many positives on it may be sent. */
export const LEAST_POSITIVES = 20;

/**
 * @returns a candidates file
 * @throws NearfeedError `offline`, or what the edge objected to
 */
export async function retrieve(
  send: Send,
  endpoint: string,
  release: Release,
  interest: Interest,
  place: Pick<Filter, "language" | "region">,
): Promise<Uint8Array<ArrayBuffer>> {
  const request: RetrieveRequest = {
    space: release.space,
    queries: [Array.from(interest.taste.mean), Array.from(interest.intent.mean)],
    count: REQUEST_LIMITS.count,
    filter: listedPlace(release, place),
    items: lastLiked(interest),
    catalog: true,
  };
  const reply = await reach(send, `${endpoint}${ROUTES.retrieve(release.id)}`, {
    method: "POST",
    body: JSON.stringify(request),
    contentType: MEDIA_TYPES.events,
    cache: "no-store",
  });
  if (reply.status !== 200) throw errorOf(reply);
  return reply.bytes;
}

/** The items of the last positives: what the edge is told of with a request. */
export function lastLiked({ positives }: Pick<Interest, "positives">): string[] {
  return [...new Set(positives.map(({ signal }) => signal.item))].slice(0, REQUEST_LIMITS.items);
}

/** Only names of the release's closed lists leave: another one would say more of the person than the catalogue can use. */
function listedPlace(
  { languages, regions }: Release,
  { language, region }: Pick<Filter, "language" | "region">,
): Filter {
  return {
    ...(language !== undefined && languages.includes(language) && { language }),
    ...(region !== undefined && regions.includes(region) && { region }),
  };
}

/** True where the edge no longer serves a release: what is held goes on until the next sync. */
export function isStale(error: unknown): boolean {
  return error instanceof NearfeedError && error.code === "stale_release";
}
