/**
 * Items like one: what the linear scorer would show somebody of whom nothing is known but that they just liked it. So
 * vectors, neighbours and content weigh what validation found them to be worth for the very next item.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { interestAt } from "../../shared/interest.ts";
import { createProfile } from "../../shared/profile.ts";
import type { Profile } from "../../shared/profile.ts";
import { rank } from "../../shared/rank.ts";
import { sourceBit } from "../../shared/sources.ts";
import type { ListRequest, MadeList } from "./make-list.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import { createKnownReader, knownOf } from "./known.ts";
import { entryOf, excludedRows } from "./make-list.ts";

/** The only event of the imagined person. */
const ASSUMED_LIKE = "assumed-like";

/** @throws NearfeedError `unknown_item`, `no_release` on the start floor */
export async function similarItems(held: Held, log: EventLog, item: string, request: ListRequest): Promise<MadeList> {
  const { items, model, release } = held;
  const { query, moment, count } = request;
  const profile = profileOfLike(held, item, moment.now);
  if (!model || !profile) throw unknown(item);
  const excluded = excludedRows(held, log, request);
  const itself = items.table.rowOf.get(item);
  const ranking = await rank(items.table, interestAt(profile, model, moment.now), model, {
    count,
    moment: { surface: query.surface, utcOffsetMinutes: moment.utcOffsetMinutes },
    // The order is likeness itself; variety would go against it.
    diversity: query.diversity ?? 0,
    rules: held.rules,
    excluded: (row) => excluded[row] !== 0 || row === itself,
  });
  return {
    entries: ranking.selected.map((selected) => entryOf(held, { ...selected, source: sourceBit("similar") })),
    floor: "linear",
    release: release.id,
    policy: ranking.policy,
    ranked: items.table.columns.size,
    events: log.count,
    now: moment.now,
    personalized: false,
    about: item,
  };
}

/** The profile of somebody who has liked one item and done nothing else; undefined where the item is not known here. */
export function profileOfLike(held: Held, item: string, at: number): Profile | undefined {
  const { model } = held;
  const stored = knownOf(held, item);
  const known = stored && createKnownReader(held)(stored);
  return model && known && createProfile(model, [{ event: { type: "like", id: ASSUMED_LIKE, item, at }, known }]);
}

function unknown(item: string): NearfeedError {
  return new NearfeedError("unknown_item", `The items in use have no ${JSON.stringify(item)} to find others like it.`, {
    path: "id",
  });
}
