// A shard of the events: a SQLite Durable Object that knows every event id of the last two weeks, and holds the events
// until they are in the bucket. Not a log: that is in the bucket.

import { DurableObject } from "cloudflare:workers";
import { EVENT_LIMITS } from "../../shared/event.ts";
import type { EdgeEnv } from "../bindings.ts";
import type { LoggedEvent } from "./event-message.ts";
import { encodePart, hourOf, partKey } from "./event-parts.ts";
import type { EventPart } from "./event-parts.ts";

/** How long events gather before they are written. Longer makes fewer and larger parts, shorter a fresher log. */
const FLUSH_AFTER_MS = 5_000;

/** The wait after a failed write. */
const RETRY_AFTER_MS = 30_000;

/** Rows a part: a few MB of text, which an object builds and compresses in memory. */
const ROWS_PER_PART = 10_000;

/** How often ids that no event can have any more are deleted. */
const SWEEP_EVERY_MS = 3_600_000;

/** How long events of a forgotten subject are dropped: longer than any device keeps them and any envelope may be old. */
export const FORGOTTEN_MS = 30 * 24 * 3_600_000;

/** The body of a row whose subject was forgotten before it was written. It keeps its place, which names its part. */
const DROPPED = "{}";

/**
 * `body` is null once the row is in the bucket; the id stays until no event of that age would be accepted. `forgotten`
 * holds the subjects whose events are dropped, until `expires`.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    received INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    body TEXT
  );
  CREATE INDEX IF NOT EXISTS waiting ON events (sequence) WHERE body IS NOT NULL;
  CREATE INDEX IF NOT EXISTS expiry ON events (expires);
  CREATE TABLE IF NOT EXISTS table_name (name TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS forgotten (subject TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
`;

interface WaitingRow extends Record<string, SqlStorageValue> {
  sequence: number;
  received: number;
  body: string;
}

/** One shard. */
export class EventStore extends DurableObject<EdgeEnv> {
  readonly #sql: SqlStorage;
  readonly #table: string;

  constructor(state: DurableObjectState, env: EdgeEnv) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#table = state.storage.transactionSync(() => this.#tableName());
  }

  /** Stores events in one transaction, each once per id; returns how many were new. Those of the forgotten are dropped. */
  async insert(events: readonly LoggedEvent[]): Promise<number> {
    const inserted = this.ctx.storage.transactionSync(() => {
      let count = 0;
      for (const event of events) {
        if (event.subject !== undefined && this.#isForgotten(event.subject, event.received)) continue;
        const expires = Math.max(event.at, event.received) + EVENT_LIMITS.maxAgeMs;
        count += this.#sql
          .exec(
            "INSERT OR IGNORE INTO events (id, received, expires, body) VALUES (?, ?, ?, ?) RETURNING 1",
            event.id,
            event.received,
            expires,
            JSON.stringify(event),
          )
          .toArray().length;
      }
      return count;
    });
    if (inserted > 0) await this.#wakeWithin(FLUSH_AFTER_MS);
    return inserted;
  }

  /** Deletes what waits of a subject, and drops what comes of it from now on. What is in the bucket already stays there. */
  async forget(subject: string, now: number): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("INSERT OR REPLACE INTO forgotten VALUES (?, ?)", subject, now + FORGOTTEN_MS);
      this.#sql.exec(
        "UPDATE events SET body = ? WHERE body IS NOT NULL AND json_extract(body, '$.subject') = ?",
        DROPPED,
        subject,
      );
    });
    await this.#wakeWithin(SWEEP_EVERY_MS);
  }

  /** Writes what waits, forgets what is too old, and sets the next alarm. */
  override async alarm(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      // The runtime gives up an alarm that fails too often; this one never may.
      console.error(JSON.stringify({ code: "unavailable", route: "alarm", name: (error as Error).name }));
      await this.#wakeWithin(RETRY_AFTER_MS);
      return;
    }
    this.#sql.exec("DELETE FROM events WHERE body IS NULL AND expires < ?", Date.now());
    this.#sql.exec("DELETE FROM forgotten WHERE expires < ?", Date.now());
    const { rows } = this.#sql
      .exec<{ rows: number }>("SELECT EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM forgotten) AS rows")
      .one();
    if (rows === 1) await this.#wakeWithin(this.#nextPart() === null ? SWEEP_EVERY_MS : FLUSH_AFTER_MS);
  }

  /**
   * Writes every waiting row into the bucket. If it ends between a write and the mark, the next run writes the same key
   * again, with the same rows or more of them: nothing is lost and nothing is doubled. Rows that were dropped between
   * the two are gone from the part then.
   */
  async flush(): Promise<void> {
    for (let part = this.#nextPart(); part !== null; part = this.#nextPart()) {
      const lastSequence = part.lastSequence;
      await this.#write(part);
      this.#sql.exec("UPDATE events SET body = NULL WHERE sequence <= ? AND body IS NOT NULL", lastSequence);
    }
  }

  async #write(part: EventPart): Promise<void> {
    if (part.lines.length === 0) return this.env.BUCKET.delete(partKey(part));
    await this.env.BUCKET.put(partKey(part), await encodePart(part), {
      httpMetadata: { contentType: "application/gzip" },
    });
  }

  /** The longest run of waiting rows, from the first one on, that were received in one hour; null when none wait. */
  #nextPart(): (EventPart & { lastSequence: number }) | null {
    const rows = this.#sql
      .exec<WaitingRow>(
        "SELECT sequence, received, body FROM events WHERE body IS NOT NULL ORDER BY sequence LIMIT ?",
        ROWS_PER_PART,
      )
      .toArray();
    if (rows.length === 0) return null;
    const [first] = rows;
    const other = rows.findIndex(({ received }) => hourOf(received) !== hourOf(first.received));
    const taken = other === -1 ? rows : rows.slice(0, other);
    return {
      table: this.#table,
      firstSequence: first.sequence,
      lastSequence: taken.at(-1)!.sequence,
      received: first.received,
      lines: taken.map(({ body }) => body).filter((body) => body !== DROPPED),
    };
  }

  async #wakeWithin(ms: number): Promise<void> {
    const wanted = Date.now() + ms;
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > wanted) await this.ctx.storage.setAlarm(wanted);
  }

  #isForgotten(subject: string, at: number): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM forgotten WHERE subject = ? AND expires >= ?", subject, at).toArray().length > 0
    );
  }

  #tableName(): string {
    const [found] = this.#sql.exec<{ name: string }>("SELECT name FROM table_name").toArray();
    if (found !== undefined) return found.name;
    const name = crypto.randomUUID().slice(0, 8);
    this.#sql.exec("INSERT INTO table_name VALUES (?)", name);
    return name;
  }
}
