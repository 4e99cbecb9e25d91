// Time-decayed counts of items, in the tables of a Durable Object. An event of time t counts 2^(−(T − t)/h) at time T. What
// is stored is its weight at a fixed time instead, 2^((t − L)/h): it never changes, so nothing has to be decayed, an order
// by it is the order by count at every moment, and counts are right after any silence. (Forward decay: Cormode,
// Shkapenyuk, Srivastava, Xu, "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009, §III.)

import { hashText } from "../../shared/hash-text.ts";
import type { TrendingList, Vote } from "./votes.ts";

/** h. What happened half a day ago says a quarter as much as what happens now. */
export const HALF_LIFE_MS = 6 * 3_600_000;

/** A person who has counted for an item does not count for it again before so much time has gone by. */
export const WINDOW_MS = 24 * 3_600_000;

/** What one person can make of a score at most, by coming back to an item after every window. */
export const MOST_OF_ONE = 1 / (1 - 2 ** (-WINDOW_MS / HALF_LIFE_MS));

/** Older events are not counted: they would weigh less than a 256th. */
export const OLDEST_MS = 2 * WINDOW_MS;

/** L moves on after so many half-lives; a double has room for a thousand. */
const LANDMARK_HALF_LIVES = 32;

/** Counts below it are deleted when L moves: ten days after a like, nothing is left of it. */
const NOTHING = 2 ** -40;

/** What an object keeps at most. */
export interface TallyLimits {
  /** Items a list; the lowest counts go first. One that comes back begins at nothing. */
  readonly items: number;
  /** Lists; those whose best count is lowest go first. Surfaces are named by pages, so junk may come. */
  readonly lists: number;
  /** Who has counted for what; the oldest go first, and a person of them may count again too early. */
  readonly people: number;
}

/** An item and its count. */
export interface Tally {
  item: string;
  score: number;
}

/**
 * `list` numbers the lists. `tally` has the weight of an item in one. `counted` has a hash a (list, person, item) and when it was
 * counted last, as long as that matters. `source` has the last event of each store that was looked at.
 * `landmark` has L in half-lives.
 */
export const TALLY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS list (number INTEGER PRIMARY KEY, surface TEXT NOT NULL, region TEXT NOT NULL, UNIQUE (surface, region));
  CREATE TABLE IF NOT EXISTS tally (
    list INTEGER NOT NULL, item TEXT NOT NULL, weight REAL NOT NULL, PRIMARY KEY (list, item)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS best ON tally (list, weight);
  CREATE TABLE IF NOT EXISTS counted (number INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS counted_at ON counted (at);
  CREATE TABLE IF NOT EXISTS source (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS landmark (half_lives INTEGER NOT NULL);
`;

/** The counts of one object. */
export interface Tallies {
  /**
   * Counts votes of a store, in the order of their sequence; those that it has seen are passed over. To be called in a
   * transaction.
   * @param options.isCounted asked once a vote that is new
   */
  count(source: string, votes: readonly Vote[], options: { now: number; isCounted: (vote: Vote) => boolean }): void;
  /** The items of a list with the highest counts as of `now`, equal ones by id. */
  top(list: TrendingList, options: { count: number; now: number }): Tally[];
}

/** The counts in a database that has {@link TALLY_SCHEMA}. */
export function createTallies(sql: SqlStorage, limits: TallyLimits): Tallies {
  const first = <T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]) =>
    sql.exec<T>(query, ...values).toArray()[0];

  function landmark(now: number): number {
    const stored = first<{ half_lives: number }>("SELECT half_lives FROM landmark")?.half_lives;
    const current = Math.floor(now / HALF_LIFE_MS);
    if (stored !== undefined && current - stored <= LANDMARK_HALF_LIVES) return stored;
    sql.exec("DELETE FROM landmark");
    sql.exec("INSERT INTO landmark VALUES (?)", current);
    if (stored === undefined) return current;
    // A power of two: no digit of any weight changes.
    sql.exec("UPDATE tally SET weight = weight * ?", 2 ** (stored - current));
    sql.exec("DELETE FROM tally WHERE weight < ?", NOTHING);
    sql.exec("DELETE FROM list WHERE NOT EXISTS (SELECT 1 FROM tally WHERE list = list.number)");
    return current;
  }

  function numberOf({ surface, region }: TrendingList): number | undefined {
    return first<{ number: number }>("SELECT number FROM list WHERE surface = ? AND region = ?", surface, region)
      ?.number;
  }

  /** Whether the person has not counted for the item for a window, which is remembered. */
  function counts(list: number, { person, item, at }: Vote): boolean {
    const hash = hashOf(JSON.stringify([list, person, item]));
    const last = first<{ at: number }>("SELECT at FROM counted WHERE hash = ?", hash)?.at;
    if (last !== undefined && at < last + WINDOW_MS) return false;
    sql.exec("INSERT OR REPLACE INTO counted (hash, at) VALUES (?, ?)", hash, at);
    return true;
  }

  function trim(lists: Iterable<number>): void {
    for (const list of lists) {
      sql.exec(
        "DELETE FROM tally WHERE list = ?1 AND item IN (SELECT item FROM tally WHERE list = ?1 ORDER BY weight DESC LIMIT -1 OFFSET ?2)",
        list,
        limits.items,
      );
    }
    sql.exec("DELETE FROM counted WHERE number <= (SELECT max(number) FROM counted) - ?", limits.people);
    const { lists: there } = first<{ lists: number }>("SELECT COUNT(*) AS lists FROM list")!;
    if (there <= limits.lists) return;
    const weakest = sql
      .exec<{ number: number }>(
        "SELECT number FROM list ORDER BY (SELECT max(weight) FROM tally WHERE list = list.number), number DESC LIMIT ?",
        there - limits.lists,
      )
      .toArray();
    for (const { number } of weakest) {
      sql.exec("DELETE FROM tally WHERE list = ?", number);
      sql.exec("DELETE FROM list WHERE number = ?", number);
    }
  }

  return {
    count(source, votes, { now, isCounted }) {
      const base = landmark(now) * HALF_LIFE_MS;
      const oldest = now - OLDEST_MS;
      sql.exec("DELETE FROM counted WHERE at <= ?", oldest - WINDOW_MS);
      const known = first<{ sequence: number }>("SELECT sequence FROM source WHERE name = ?", source)?.sequence ?? 0;
      const touched = new Set<number>();
      let last = known;
      for (const vote of votes) {
        last = Math.max(last, vote.sequence);
        if (vote.sequence <= known || vote.at < oldest || !isCounted(vote)) continue;
        const list =
          numberOf(vote) ??
          first<{ number: number }>(
            "INSERT INTO list (surface, region) VALUES (?, ?) RETURNING number",
            vote.surface,
            vote.region,
          )!.number;
        if (!counts(list, vote)) continue;
        sql.exec(
          "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET weight = weight + excluded.weight",
          list,
          vote.item,
          2 ** ((Math.min(vote.at, now) - base) / HALF_LIFE_MS),
        );
        touched.add(list);
      }
      sql.exec("INSERT INTO source VALUES (?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence", source, last);
      trim(touched);
    },
    top(list, { count, now }) {
      const number = numberOf(list);
      const half = first<{ half_lives: number }>("SELECT half_lives FROM landmark");
      if (number === undefined || half === undefined) return [];
      const decay = 2 ** ((half.half_lives * HALF_LIFE_MS - now) / HALF_LIFE_MS);
      return sql
        .exec<{ item: string; weight: number }>(
          "SELECT item, weight FROM tally WHERE list = ? ORDER BY weight DESC, item LIMIT ?",
          number,
          count,
        )
        .toArray()
        .map(({ item, weight }) => ({ item, score: weight * decay }));
    },
  };
}

/** 53 bits: of half a million hashes two are alike once in seventy thousand times. It tells nobody who was counted. */
function hashOf(text: string): number {
  return hashText(text) * 2 ** 21 + (hashText(`${text}#`) >>> 11);
}
