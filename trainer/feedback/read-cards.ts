/**
 * Reads what was shown, and what came of it, from an event log: one card for each impression. Nothing is trained from it;
 * the dataset of training knows no releases.
 */
import { EVENT_TYPES } from "../../shared/event.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Database } from "../read/duckdb.ts";
import { expandFiles } from "../read/files.ts";
import { openJsonFiles } from "../read/table.ts";

/** What people do with a card that a report counts. */
export const OUTCOMES = ["click", "like", "skip"] as const satisfies readonly (typeof EVENT_TYPES)[number][];
export type Outcome = (typeof OUTCOMES)[number];

/** An item in a list, as somebody saw it. */
export interface Card extends Readonly<Record<Outcome, boolean>> {
  /** The subject; of an event without one, its list: such people cannot be told from each other. */
  readonly person: string;
  readonly release: string;
  readonly policy: string;
  readonly position: number | null;
  readonly explored: boolean;
  /** How likely selection was to put it there; 1 where nothing was drawn. */
  readonly propensity: number;
}

export interface Cards {
  readonly cards: readonly Card[];
  /** Impressions of the log that cannot be used: without a list, or with a propensity that is none. */
  readonly unusable: number;
}

const FIELDS = ["id", "item", "at", "type", "subject", "release", "list", "position", "policy", "explored"] as const;

/**
 * @param names files, globs or folders of an event log, NDJSON as the edge writes it
 * @throws NearfeedError `no_data` for a log without an impression, `bad_file` for what is no event log
 */
export async function readCards(database: Database, names: readonly string[]): Promise<Cards> {
  const files = expandFiles(names);
  const other = files.find(({ format }) => format !== "ndjson");
  if (other) {
    throw new NearfeedError("bad_file", `${other.path} is no part of an event log, expected .ndjson or .ndjson.gz`, {
      path: other.path,
      hint: "nearfeed logs pull brings the event log of an edge.",
    });
  }
  const table = await openJsonFiles(database, files);
  const column = (name: string) => (table.columns.includes(name) ? table.value(name) : "CAST(NULL AS VARCHAR)");
  await database.run(`CREATE TABLE shown AS SELECT DISTINCT ON (id) ${FIELDS.map(
    (name) => `${column(name)} AS "${name}"`,
  ).join(", ")}, try_cast(coalesce(${column("propensity")}, '1') AS DOUBLE) AS propensity, ${column("event")} AS undone,
    coalesce(${column("subject")}, 'list ' || ${column("list")}) AS person FROM ${table.relation}`);
  const outcomes = OUTCOMES.map((type) => `bool_or(type = '${type}') AS ${type}`).join(", ");
  // An undo takes its event back, whatever that was.
  const rows = await database.rows(`
    WITH standing AS (SELECT * FROM shown WHERE id NOT IN (SELECT undone FROM shown WHERE undone IS NOT NULL)),
      acts AS (SELECT person, list, item, ${outcomes} FROM standing WHERE list IS NOT NULL GROUP BY ALL),
      seen AS (SELECT DISTINCT ON (person, list, item) * FROM shown WHERE type = 'impression' AND ${USABLE}
        ORDER BY person, list, item, try_cast("at" AS DOUBLE), id)
    SELECT seen.person, seen.release, coalesce(seen.policy, '') AS policy, try_cast(seen.position AS INTEGER) AS position,
      coalesce(seen.explored = 'true', false) AS explored, seen.propensity, ${OUTCOMES.map((type) => `coalesce(acts.${type}, false) AS "${type}"`).join(", ")}
    FROM seen LEFT JOIN acts USING (person, list, item) ORDER BY seen.person, seen.list, position, seen.item`);
  const [{ unusable }] = await database.rows(
    `SELECT count(*) AS unusable FROM shown WHERE type = 'impression' AND NOT coalesce(${USABLE}, false)`,
  );
  if (rows.length === 0) {
    throw new NearfeedError("no_data", `There is no impression of a list in ${names.join(", ")}`, {
      hint: "Devices send impressions at consent full, by observe() or track().",
    });
  }
  return { cards: rows as unknown as Card[], unusable: Number(unusable) };
}

const USABLE = "list IS NOT NULL AND item IS NOT NULL AND release IS NOT NULL AND propensity > 0 AND propensity <= 1";
