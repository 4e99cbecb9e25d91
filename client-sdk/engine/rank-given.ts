/** Orders the app's own candidates: by their scores and nothing else, because what to show was decided by the app. */
import { interestAt } from "../../shared/interest.ts";
import { createProfile } from "../../shared/profile.ts";
import { rank } from "../../shared/rank.ts";
import { SCORE_POLICY, START_POLICY } from "../../shared/selection-defaults.ts";
import { numbered } from "./adjustments.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import { entryOf, readingTime, unrankedEntry } from "./make-list.ts";
import type { ListRequest, MadeList } from "./make-list.ts";

/** Seen items stay, tombstones and what the person has hidden do not. Ids that the items in use do not have are left out. */
export async function rankGiven(
  held: Held,
  log: EventLog,
  ids: readonly string[],
  { query, moment, adjustments }: ListRequest,
): Promise<MadeList> {
  const { items, model, release, tombstones } = held;
  const excluded = new Set(query.exclude);
  const known = [...new Set(ids)].filter((id) => ![tombstones, log.banned, excluded].some((barred) => barred.has(id)));
  const rows = known.flatMap((id) => items.table.rowOf.get(id) ?? []);
  const personalized = query.personalized !== false;
  const about = { release: release.id, ranked: rows.length, events: log.count, personalized };
  if (!model || !log.profile) {
    const entries = rows.slice(0, query.count).map((row, place) => unrankedEntry(held, row, place));
    return { ...about, entries, floor: "start", policy: START_POLICY, now: moment.now };
  }
  const profile = personalized ? log.profile : createProfile(model);
  const now = readingTime(profile, moment);
  const set = personalized ? numbered(adjustments, held) : undefined;
  const given = new Set(rows);
  const ranking = await rank(items.table, interestAt(profile, model, now, set), model, {
    count: query.count,
    moment: { surface: query.surface, utcOffsetMinutes: moment.utcOffsetMinutes },
    diversity: 0,
    excluded: (row) => !given.has(row),
    source: items.source,
    deep: held.deep,
  });
  return {
    ...about,
    // No source of ours found what the app brought.
    entries: ranking.selected.map((selected) =>
      entryOf(held, { ...selected, source: items.source?.[selected.row] ?? 0 }),
    ),
    floor: held.deep ? "deep" : "linear",
    policy: SCORE_POLICY,
    now,
  };
}
