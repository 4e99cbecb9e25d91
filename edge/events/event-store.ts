// A shard of the events: a SQLite Durable Object that knows every event id of the last two weeks, and holds the events
// until they are in the bucket. Not a log: that is in the bucket.

import { DurableObject } from "cloudflare:workers";
import { EVENT_LIMITS } from "../../shared/event.ts";
import type { EdgeEnv } from "../bindings.ts";
import type { LoggedEvent } from "./event-message.ts";
import { encodePart, hourOf, partKey } from "./event-parts.ts";
import type { EventPart } from "./event-parts.ts";
import { count, COUNTER_SCHEMA, counters } from "../metrics/counters.ts";
import type { Counters } from "../metrics/counters.ts";
import { logLine } from "../http/answers.ts";
import { isEngagementWaiting, keepEngagement, OUTBOX_SCHEMA, passOn } from "../trending/outbox.ts";

/** How long events gather before they are written. Longer makes fewer and larger parts, shorter a fresher log. */
const FLUSH_AFTER_MS = 5_000;

/** The wait after a failed write. */
const RETRY_AFTER_MS = 30_000;

/** Rows a part, and their text: an object builds and compresses it in memory, and the log's keeper reads several at once. */
const ROWS_PER_PART = 10_000;
const CHARS_PER_PART = 4_000_000;

/** How often ids that no event can have any more are deleted. */
const SWEEP_EVERY_MS = 3_600_000;

/** How long events of a forgotten subject are dropped: longer than any device keeps them and any envelope may be old. */
export const FORGOTTEN_MS = 30 * 24 * 3_600_000;

/** The body of a row whose subject was forgotten before it was written. It keeps its place, which names its part. */
const DROPPED = "{}";

/** A request to forget, as a shard takes it: events of the subject are dropped for {@link FORGOTTEN_MS} from `at` on. */
export interface Forgotten {
  subject: string;
  /** Epoch ms. */
  at: number;
}

/** What a shard has counted since it was made, and how many rows wait to be written or passed on. */
export interface StoreCounters extends Counters {
  stored?: number;
  duplicate?: number;
  dropped?: number;
  parts?: number;
  waiting: number;
  /** Events that are to be counted towards what trends. */
  uncounted: number;
}

/**
 * `body` is null once the row is in the bucket; the id stays until no event of that age would be accepted. `forgotten`
 * holds the subjects whose events are dropped, until `expires`. `part_begun` has the last row of the part that is being
 * written, if one is.
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
  CREATE TABLE IF NOT EXISTS part_begun (last_sequence INTEGER NOT NULL);
  ${OUTBOX_SCHEMA}
  ${COUNTER_SCHEMA}
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
  /** The write that is under way. */
  #writing: Promise<void> | undefined;

  constructor(state: DurableObjectState, env: EdgeEnv) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#table = state.storage.transactionSync(() => this.#tableName());
  }

  /** Stores events in one transaction, each once per id; returns how many were new. Those of the forgotten are dropped. */
  async insert(events: readonly LoggedEvent[]): Promise<number> {
    const inserted = this.ctx.storage.transactionSync(() => {
      let stored = 0;
      let dropped = 0;
      for (const event of events) {
        if (event.subject !== undefined && this.#isForgotten(event.subject, event.received)) {
          dropped++;
          continue;
        }
        const expires = Math.max(event.at, event.received) + EVENT_LIMITS.maxAgeMs;
        const [row] = this.#sql
          .exec<{ sequence: number }>(
            "INSERT OR IGNORE INTO events (id, received, expires, body) VALUES (?, ?, ?, ?) RETURNING sequence",
            event.id,
            event.received,
            expires,
            JSON.stringify(event),
          )
          .toArray();
        if (row === undefined) continue;
        stored++;
        keepEngagement(this.#sql, row.sequence, event);
      }
      count(this.#sql, { stored, dropped, duplicate: events.length - stored - dropped });
      return stored;
    });
    if (inserted > 0) await this.#wakeWithin(FLUSH_AFTER_MS);
    return inserted;
  }

  /**
   * Deletes what waits of the subjects, and drops what comes of them from now on. Once it returns, this shard writes no
   * event of theirs any more; what is in the bucket already stays there, for the log's keeper to delete.
   */
  async forget(requests: readonly Forgotten[]): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (const { subject, at } of requests) {
        this.#sql.exec(
          "INSERT INTO forgotten VALUES (?, ?) ON CONFLICT DO UPDATE SET expires = max(expires, excluded.expires)",
          subject,
          at + FORGOTTEN_MS,
        );
        this.#sql.exec("DELETE FROM engagement WHERE subject = ? AND received <= ?", subject, at + FORGOTTEN_MS);
      }
      // One scan for all of them: a thousand requests may come at once, and ten thousand rows may wait.
      this.#sql.exec(
        `UPDATE events SET body = ? WHERE body IS NOT NULL AND EXISTS
          (SELECT 1 FROM forgotten WHERE subject = json_extract(events.body, '$.subject') AND expires >= events.received)`,
        DROPPED,
      );
    });
    await this.#wakeWithin(SWEEP_EVERY_MS);
    // Its rows were read before they were dropped.
    await this.#writing?.catch(() => undefined);
  }

  /** Whether events of a subject that were received at `at` are dropped. */
  hasForgotten(subject: string, at: number): boolean {
    return this.#isForgotten(subject, at);
  }

  /** What this shard has counted. */
  counted(): StoreCounters {
    const now = this.#sql
      .exec<{ waiting: number; uncounted: number }>(
        "SELECT (SELECT COUNT(*) FROM events WHERE body IS NOT NULL) AS waiting, (SELECT COUNT(*) FROM engagement) AS uncounted",
      )
      .one();
    return { ...counters(this.#sql), ...now };
  }

  /** Writes and passes on what waits, forgets what is too old, and sets the next alarm. */
  override async alarm(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      // The runtime gives up an alarm that fails too often; this one never may.
      console.error(JSON.stringify({ code: "unavailable", route: "alarm", name: (error as Error).name }));
      await this.#wakeWithin(RETRY_AFTER_MS);
      return;
    }
    // What trends waits for the log, never the log for what trends.
    const passed = await passOn(this.#sql, this.#table, this.env.TRENDING).then(
      () => true,
      (error: unknown) => console.error(logLine(error, "trending")),
    );
    this.#sql.exec("DELETE FROM events WHERE body IS NULL AND expires < ?", Date.now());
    this.#sql.exec("DELETE FROM forgotten WHERE expires < ?", Date.now());
    const { rows } = this.#sql
      .exec<{ rows: number }>("SELECT EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM forgotten) AS rows")
      .one();
    const isWaiting = this.#nextPart() !== null;
    if (rows === 1) await this.#wakeWithin(isWaiting ? FLUSH_AFTER_MS : SWEEP_EVERY_MS);
    if (isEngagementWaiting(this.#sql)) await this.#wakeWithin(passed ? FLUSH_AFTER_MS : RETRY_AFTER_MS);
  }

  /**
   * Writes every waiting row into the bucket. Which rows a part has is decided before it is written, and kept: if it ends
   * between the write and the mark, the next run writes the same rows again under the same key, without those that were
   * dropped in the meantime. So nothing is lost, nothing is doubled, and a part in the bucket never gains a row.
   */
  async flush(): Promise<void> {
    for (let part = this.#beginPart(); part !== null; part = this.#beginPart()) {
      this.#writing = this.#write(part);
      await this.#writing;
      this.#endPart(part);
    }
  }

  async #write(part: EventPart): Promise<void> {
    if (part.lines.length === 0) return this.env.BUCKET.delete(partKey(part));
    await this.env.BUCKET.put(partKey(part), await encodePart(part), {
      httpMetadata: { contentType: "application/gzip" },
    });
  }

  /** The part that was begun, else the next one, which is begun now; null when no row waits. */
  #beginPart(): EventPart | null {
    const [begun] = this.#sql.exec<{ last_sequence: number }>("SELECT last_sequence FROM part_begun").toArray();
    // One that was begun is written as it was, whatever bound it was begun with.
    const part = begun ? this.#nextPart(begun.last_sequence, Infinity) : this.#nextPart();
    if (part !== null && begun === undefined) {
      this.#sql.exec("INSERT INTO part_begun VALUES (?)", part.lastSequence);
    }
    return part;
  }

  #endPart({ lines }: EventPart): void {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec(
        "UPDATE events SET body = NULL WHERE body IS NOT NULL AND sequence <= (SELECT last_sequence FROM part_begun)",
      );
      this.#sql.exec("DELETE FROM part_begun");
      count(this.#sql, { parts: lines.length > 0 ? 1 : 0 });
    });
  }

  /** The longest run of waiting rows up to `last`, from the first one on, that were received in one hour and fit into a part. */
  #nextPart(last = Number.MAX_SAFE_INTEGER, most = CHARS_PER_PART): (EventPart & { lastSequence: number }) | null {
    const rows = this.#sql.exec<WaitingRow>(
      "SELECT sequence, received, body FROM events WHERE body IS NOT NULL AND sequence <= ? ORDER BY sequence LIMIT ?",
      last,
      ROWS_PER_PART,
    );
    const taken: WaitingRow[] = [];
    let chars = 0;
    // Read one by one: all at once may be more than an object can hold.
    for (const row of rows) {
      chars += row.body.length;
      const isOther = taken.length > 0 && hourOf(row.received) !== hourOf(taken[0].received);
      if (isOther || (taken.length > 0 && chars > most)) break;
      taken.push(row);
    }
    if (taken.length === 0) return null;
    const [first] = taken;
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
