// The keeper of the log: one Durable Object that carries out the requests to forget in what lies in the bucket. It works in
// passes: a pass takes the requests that wait, goes once through all dead letters and parts, and deletes the requests at
// its end. Where it stands is kept after every step, and every step can be done again.

import { DurableObject } from "cloudflare:workers";
import { NearfeedError } from "../../shared/errors.ts";
import { LOG_PART, LOG_PREFIX } from "../../shared/event-log.ts";
import type { CompactStep } from "../../shared/event-log.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "../http/answers.ts";
import { count, COUNTER_SCHEMA, counters } from "../metrics/counters.ts";
import type { Counters } from "../metrics/counters.ts";
import { compactDeadLetter, compactPart } from "./compact-part.ts";
import { DEAD_PREFIX } from "./dead-letters.ts";
import { FORGOTTEN_PREFIX, forgottenSubject } from "./forget-record.ts";
import { forgetSubjects } from "./store-events.ts";

/** How long requests gather before a pass begins. A pass reads the whole log, so one should serve many. */
export const PASS_AFTER_MS = 3_600_000;

/** Requests a pass: as many as R2 lists and deletes at once. */
const REQUESTS_PER_PASS = 1_000;

/** Objects a step: each takes two calls of the 1,000 that a Worker may make, and a few ms. */
const OBJECTS_PER_STEP = 200;

/** Objects that are handled together: a Worker has six connections, and waiting for the bucket is most of the work. */
const OBJECTS_AT_ONCE = 6;

/** The wait after a failed step, and for somebody who asks for steps and may have gone. */
const RETRY_AFTER_MS = 60_000;

/** `pass` has one row while a pass is under way: the last key that was handled. `request` has its requests. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS pass (after TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS request (key TEXT PRIMARY KEY, subject TEXT NOT NULL) WITHOUT ROWID;
  ${COUNTER_SCHEMA}
`;

/** What the keeper has counted since it was made. */
export interface KeeperCounters extends Counters {
  requests?: number;
  parts?: number;
  changed?: number;
  events?: number;
  damaged?: number;
}

type Done = Omit<CompactStep, "done">;

/** The keeper of the log. */
export class LogKeeper extends DurableObject<EdgeEnv> {
  readonly #sql: SqlStorage;
  /** Steps run one after the other, whoever asks for them. */
  #last: Promise<unknown> = Promise.resolve();
  /** Until when whoever called {@link compact} last is expected to call again. */
  #drivenUntil = 0;

  constructor(state: DurableObjectState, env: EdgeEnv) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /** A request waits in the bucket: a pass will have begun in {@link PASS_AFTER_MS}. */
  async expect(): Promise<void> {
    await this.#wakeWithin(PASS_AFTER_MS);
  }

  /** Does one step: begins a pass, or goes on with the one that is under way. Whoever stops asking is taken over from. */
  compact(): Promise<CompactStep> {
    this.#drivenUntil = Date.now() + RETRY_AFTER_MS;
    return this.#inTurn();
  }

  /** One step; the next follows at once, until nothing is left to do. */
  override async alarm(): Promise<void> {
    try {
      if (Date.now() < this.#drivenUntil) await this.#wakeWithin(RETRY_AFTER_MS);
      else if (!(await this.#inTurn()).done) await this.#wakeWithin(0);
    } catch (error) {
      // The runtime gives up an alarm that fails too often; this one never may.
      console.error(logLine(error, "alarm"));
      await this.#wakeWithin(RETRY_AFTER_MS);
    }
  }

  /** What the keeper has counted. */
  counted(): KeeperCounters {
    return counters(this.#sql);
  }

  #inTurn(): Promise<CompactStep> {
    const step = this.#last.then(() => this.#step());
    this.#last = step.catch(() => undefined);
    return step;
  }

  async #step(): Promise<CompactStep> {
    const done: Done = { requests: 0, parts: 0, changed: 0, events: 0, damaged: 0 };
    const after = this.#after() ?? (await this.#begin());
    if (after === undefined) return { ...done, done: true };
    const next = await this.#handle(after, done);
    if (next === null) done.requests = await this.#end();
    else this.#sql.exec("UPDATE pass SET after = ?", next);
    count(this.#sql, done);
    await this.#wakeWithin(RETRY_AFTER_MS);
    // Also after the end: more requests may wait than one pass takes.
    return { ...done, done: false };
  }

  #after(): string | undefined {
    return this.#sql.exec<{ after: string }>("SELECT after FROM pass").toArray()[0]?.after;
  }

  /** Begins a pass, unless nothing waits. No shard writes an event of its subjects any more once it has begun. */
  async #begin(): Promise<string | undefined> {
    const { objects } = await this.env.BUCKET.list({ prefix: FORGOTTEN_PREFIX, limit: REQUESTS_PER_PASS });
    const requests = objects.flatMap(({ key, uploaded }) => {
      const subject = forgottenSubject(key);
      return subject === undefined ? [] : [{ key, subject, at: uploaded.getTime() }];
    });
    if (requests.length === 0) return undefined;
    await forgetSubjects(
      this.env.EVENT_STORE,
      requests.map(({ subject, at }) => ({ subject, at })),
    );
    this.ctx.storage.transactionSync(() => {
      for (const { key, subject } of requests) this.#sql.exec("INSERT INTO request VALUES (?, ?)", key, subject);
      this.#sql.exec("INSERT INTO pass VALUES (?)", DEAD_PREFIX);
    });
    return DEAD_PREFIX;
  }

  /** Handles the objects behind a key; returns the last of them, null where there are no more. */
  async #handle(after: string, done: Done): Promise<string | null> {
    const subjects = new Set(
      this.#sql
        .exec<{ subject: string }>("SELECT subject FROM request")
        .toArray()
        .map(({ subject }) => subject),
    );
    const prefix = after.startsWith(DEAD_PREFIX) ? DEAD_PREFIX : LOG_PREFIX;
    const page = await this.env.BUCKET.list({ prefix, startAfter: after, limit: OBJECTS_PER_STEP });
    for (let i = 0; i < page.objects.length; i += OBJECTS_AT_ONCE) {
      const together = page.objects.slice(i, i + OBJECTS_AT_ONCE);
      await Promise.all(together.map(({ key }) => this.#handleObject(key, subjects, done)));
    }
    if (page.truncated) return page.objects.at(-1)!.key;
    return prefix === DEAD_PREFIX ? LOG_PREFIX : null;
  }

  async #handleObject(key: string, subjects: ReadonlySet<string>, done: Done): Promise<void> {
    if (key.startsWith(DEAD_PREFIX)) {
      const events = await compactDeadLetter(this.env.BUCKET, key, subjects);
      done.events += events;
      return;
    }
    if (!LOG_PART.test(key.slice(LOG_PREFIX.length))) return;
    done.parts++;
    try {
      const events = await compactPart(this.env.BUCKET, key, subjects);
      done.events += events;
      if (events > 0) done.changed++;
    } catch (error) {
      if (!(error instanceof NearfeedError) || error.code !== "bad_format") throw error;
      // It must not hold up the requests of everybody for ever.
      console.error(logLine(error, "compact"));
      done.damaged++;
    }
  }

  /** Ends a pass: its requests are carried out. Returns how many there were. */
  async #end(): Promise<number> {
    const keys = this.#sql
      .exec<{ key: string }>("SELECT key FROM request")
      .toArray()
      .map(({ key }) => key);
    await this.env.BUCKET.delete(keys);
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM request");
      this.#sql.exec("DELETE FROM pass");
    });
    return keys.length;
  }

  async #wakeWithin(ms: number): Promise<void> {
    const wanted = Date.now() + ms;
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > wanted) await this.ctx.storage.setAlarm(wanted);
  }
}

/** The keeper's object; there is one. */
export function logKeeper(keepers: DurableObjectNamespace<LogKeeper>): DurableObjectStub<LogKeeper> {
  return keepers.get(keepers.idFromName("log"));
}
