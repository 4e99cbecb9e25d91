// From a store of events to the objects that count what trends. What is to be passed on is kept in the store's own
// transaction, and deleted once all objects have it; they pass over what they have seen. So a vote is neither lost nor
// counted twice, whenever this ends in between.

import type { LoggedEvent } from "../events/event-message.ts";
import type { Trending } from "./trending.ts";
import { isEngagement, shardOf, trendingShard, votesOf } from "./votes.ts";
import type { Engagement, Vote } from "./votes.ts";

/** Part of the schema of a store. */
export const OUTBOX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS engagement (
    sequence INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    surface TEXT NOT NULL,
    region TEXT,
    subject TEXT,
    received INTEGER NOT NULL,
    at INTEGER NOT NULL
  );
`;

/** Events a call; each is a vote in two lists or four. */
const ROWS_PER_CALL = 1_000;

/** What waits at most while nobody takes it; the oldest go first. Only what trends suffers, the log has every event. */
const MOST_WAITING = 100_000;

/** Keeps an event that has just been stored as row `sequence`, where it says that somebody wanted an item. */
export function keepEngagement(sql: SqlStorage, sequence: number, event: LoggedEvent): void {
  if (!isEngagement(event)) return;
  const { item, surface, region = null, subject = null, received, at } = event;
  sql.exec(
    "INSERT INTO engagement VALUES (?, ?, ?, ?, ?, ?, ?)",
    sequence,
    item,
    surface,
    region,
    subject,
    received,
    at,
  );
  sql.exec("DELETE FROM engagement WHERE sequence <= ?", sequence - MOST_WAITING);
}

/** Whether anything waits to be passed on. */
export function isEngagementWaiting(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM engagement LIMIT 1").toArray().length > 0;
}

/** Passes on all that waits. @param source names the store's table for ever */
export async function passOn(
  sql: SqlStorage,
  source: string,
  objects: DurableObjectNamespace<Trending>,
): Promise<void> {
  for (;;) {
    const rows = sql
      .exec<Engagement & Record<string, SqlStorageValue>>(
        "SELECT * FROM engagement ORDER BY sequence LIMIT ?",
        ROWS_PER_CALL,
      )
      .toArray();
    if (rows.length === 0) return;
    const shards = new Map<number, Vote[]>();
    for (const vote of rows.flatMap(votesOf)) {
      const shard = shardOf(vote);
      const list = shards.get(shard);
      if (list === undefined) shards.set(shard, [vote]);
      else list.push(vote);
    }
    await Promise.all([...shards].map(([shard, votes]) => trendingShard(objects, shard).count(source, votes)));
    sql.exec("DELETE FROM engagement WHERE sequence <= ?", rows.at(-1)!.sequence);
  }
}
