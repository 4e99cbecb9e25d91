/**
 * One list: from the release in use and the log to ranked entries. The pipeline itself is `shared/rank.ts`; here it is
 * decided what may not be shown and as of when the profile is read.
 */
import { passingRows } from "../../shared/filter-rows.ts";
import { interestAt } from "../../shared/interest.ts";
import { createProfile } from "../../shared/profile.ts";
import type { Profile } from "../../shared/profile.ts";
import { rank } from "../../shared/rank.ts";
import type { SelectedItem } from "../../shared/rank.ts";
import { START_POLICY } from "../../shared/selection-defaults.ts";
import { sourcesOf } from "../../shared/sources.ts";
import type { Filter } from "../../shared/filter.ts";
import type { PageMoment, Ranked, RankedEntry } from "../messages.ts";
import type { Adjustments } from "../storage/schema.ts";
import { numbered } from "./adjustments.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import type { CheckedQuery } from "./query.ts";
import { createStageClock } from "./stage-clock.ts";

export interface ListRequest {
  readonly query: CheckedQuery;
  /** When the list or feed was opened, and where the person is on the globe. */
  readonly moment: PageMoment;
  readonly count: number;
  /** Items that are on the list already. */
  readonly pinned: readonly string[];
  /** What the person has set by hand. */
  readonly adjustments: Adjustments;
  /** Holds for every list of this page. */
  readonly place: Pick<Filter, "language" | "region">;
}

/** Places before a new one that its variety is measured against: what is further up has left every screen. */
const SHOWN_BEFORE = 20;

/** A ranking without what only the engine knows. */
export type MadeList = Omit<Ranked, "offline" | "edition" | "adjustments" | "error">;

export async function makeList(held: Held, log: EventLog, request: ListRequest): Promise<MadeList> {
  const { query, count } = request;
  const { items, model, release } = held;
  const stages = createStageClock();
  const events = log.count;
  const personalized = query.personalized !== false;
  const excluded = excludedRows(held, log, request);
  if (!model || !log.profile) {
    const rows = [...items.table.ids.keys()].filter((row) => excluded[row] === 0).slice(0, count);
    return {
      entries: rows.map((row, place) => unrankedEntry(held, row, place)),
      floor: "start",
      release: release.id,
      policy: START_POLICY,
      ranked: 0,
      events,
      now: request.moment.now,
      personalized,
    };
  }
  const profile = personalized ? log.profile : createProfile(model);
  const now = readingTime(profile, request.moment);
  const set = personalized ? numbered(request.adjustments, held) : undefined;
  const interest = interestAt(profile, model, now, set);
  stages.done("profile");
  const ranking = await rank(items.table, interest, model, {
    count,
    place: request.pinned.length,
    // What is explored is what is uncertain about a person; a list for nobody is the same every time.
    ...(personalized && { list: request.moment.draw }),
    rules: held.rules,
    moment: { surface: query.surface, utcOffsetMinutes: request.moment.utcOffsetMinutes },
    diversity: query.diversity,
    excluded: (row) => excluded[row] !== 0,
    shown: rowsOf(held, request.pinned.slice(-SHOWN_BEFORE)),
    source: items.source,
    deep: held.deep,
    onStage: stages.done,
  });
  return {
    entries: ranking.selected.map((selected) => entryOf(held, selected)),
    floor: held.deep ? "deep" : "linear",
    release: release.id,
    policy: ranking.policy,
    ranked: items.table.columns.size,
    stages: stages.timings,
    events,
    now,
    personalized,
  };
}

/**
 * A feed is read as of its last signal, or of its opening: then nothing moves by the mere passing of time, and a signal
 * that is taken back takes its time with it.
 */
export function readingTime(profile: Profile, moment: PageMoment): number {
  return Math.max(moment.now, profile.taste.at);
}

/** 1 for rows that may not be shown, `[n]`. */
export function excludedRows(
  { items, tombstones }: Held,
  log: EventLog,
  { query, pinned, place }: ListRequest,
): Uint8Array {
  const { table } = items;
  const excluded = new Uint8Array(table.columns.size);
  const passing = passingRows(table.columns, table.dictionaries, { ...place, ...query.filter });
  if (passing) for (let row = 0; row < excluded.length; row++) excluded[row] = 1 - passing[row]!;
  for (const ids of [log.seen.keys(), tombstones, pinned, query.exclude ?? []]) {
    for (const id of ids) {
      const row = table.rowOf.get(id);
      if (row !== undefined) excluded[row] = 1;
    }
  }
  return excluded;
}

/** Rows of the ids that the items in use have. */
function rowsOf({ items }: Held, ids: readonly string[]): number[] {
  return ids.flatMap((id) => items.table.rowOf.get(id) ?? []);
}

export function entryOf({ items }: Held, selected: Omit<SelectedItem, "linear">): RankedEntry {
  const { row, score, deep, source, byScore, explored, propensity, moved } = selected;
  return {
    id: items.table.ids[row]!,
    item: items.item(row),
    score,
    deep,
    sources: sourcesOf(source),
    byScore,
    explored,
    propensity,
    ...(moved && { moved }),
  };
}

/** An entry that nothing was computed for. */
export function unrankedEntry(held: Held, row: number, place: number): RankedEntry {
  const source = held.items.source?.[row] ?? 0;
  return entryOf(held, { row, score: 0, deep: 0, byScore: place, explored: false, propensity: 1, source });
}
