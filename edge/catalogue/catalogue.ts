// What was changed in the catalogue since its releases were made: one SQLite Durable Object with the items that were added
// and the tombstones of those that were deleted. Whoever makes lists reads it through live-view.ts.

import { DurableObject } from "cloudflare:workers";
import { servedReleases } from "../../shared/channel.ts";
import { errorBody, NearfeedError } from "../../shared/errors.ts";
import type { ErrorBody } from "../../shared/errors.ts";
import type { EdgeEnv } from "../bindings.ts";
import { logLine } from "../http/answers.ts";
import { createReleaseItems } from "./release-items.ts";
import type { ReleaseItems, ReleaseItemsReader } from "./release-items.ts";

/** Every isolate holds and scans all live items; who has more trains a release. */
export const LIVE_LIMITS = { items: 2_000, bytes: 4_000_000, tombstones: 10_000 } as const;

/** The wait after a failed look at the releases. */
const RETRY_AFTER_MS = 30_000;

/** What lists are made with. */
export interface CatalogueState {
  /** Grows with every change. */
  version: number;
  /** The version of the last change of the tombstones. */
  tombstonesVersion: number;
  /** The newest first. */
  items: { body: string; added: number }[];
  /** Ids, sorted. */
  tombstones: string[];
}

/** What became of items: which are kept as live ones, or which of {@link LIVE_LIMITS} they would break. */
export type PutResult = { live: string[] } | { over: "items" | "bytes" };

/** What became of a deletion. */
export type RemoveResult = "removed" | "unknown" | "tombstones";

/** An error that the caller is to throw: one that is thrown here loses its code on the way. */
export interface Refused {
  readonly refused: ErrorBody;
}

/**
 * `releases` of a tombstone are the ids of those that were served when it was made, as JSON: devices may hold what they
 * showed. `version` has one row.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS item (id TEXT PRIMARY KEY, body TEXT NOT NULL, added INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tombstone (id TEXT PRIMARY KEY, releases TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS version (value INTEGER NOT NULL, tombstones INTEGER NOT NULL);
  INSERT INTO version SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM version);
`;

/** One an isolate: it keeps the ids of what is served. */
const servedItems = createReleaseItems({ now: Date.now, of: servedReleases });

/** The live part of the catalogue. */
export class Catalogue extends DurableObject<EdgeEnv> {
  /** What the served releases have. */
  protected readonly releaseItems: ReleaseItemsReader = servedItems;
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: EdgeEnv) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /** What there is; null where that is still the version that the caller knows. */
  state(known: number): CatalogueState | null {
    const { value: version, tombstones: tombstonesVersion } = this.#sql
      .exec<{ value: number; tombstones: number }>("SELECT value, tombstones FROM version")
      .one();
    if (version === known) return null;
    return {
      version,
      tombstonesVersion,
      items: this.#sql
        .exec<{ body: string; added: number }>("SELECT body, added FROM item ORDER BY added DESC, id")
        .toArray(),
      tombstones: this.#tombstones().map(({ id }) => id),
    };
  }

  /**
   * Adds items, or puts them in the place of live ones of the same id, all or none; their tombstones go. An item that every
   * served release has is none of ours: for it only the tombstone goes.
   */
  async put(items: readonly { id: string; body: string }[], now: number): Promise<PutResult | Refused> {
    return orRefused(() => this.#put(items, now));
  }

  /** Deletes an item: from here where it is live, and with a tombstone from whatever else has it. */
  async remove(id: string): Promise<RemoveResult | Refused> {
    return orRefused(() => this.#remove(id));
  }

  async #put(items: readonly { id: string; body: string }[], now: number): Promise<PutResult> {
    const served = await this.releaseItems.read(this.env, { maxAgeMs: 0 });
    const known = await served.among(items.map(({ id }) => id));
    const live = items.filter(({ id }) => !known.allHave(id));
    try {
      this.ctx.storage.transactionSync(() => {
        for (const { id, body } of live) this.#sql.exec("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", id, body, now);
        this.#checkRoom();
        const lifted = items.map(({ id }) => this.#delete("tombstone", id));
        this.#changed(lifted.includes(true));
      });
    } catch (error) {
      if (error instanceof Over) return { over: error.limit };
      throw error;
    }
    return { live: live.map(({ id }) => id) };
  }

  async #remove(id: string): Promise<RemoveResult> {
    const served = await this.releaseItems.read(this.env, { maxAgeMs: 0 });
    const known = await served.among([id]);
    return this.ctx.storage.transactionSync((): RemoveResult => {
      const others = this.#tombstones();
      if (others.some((each) => each.id === id)) return "removed";
      if (others.length >= LIVE_LIMITS.tombstones) return "tombstones";
      if (!this.#delete("item", id) && !known.has(id)) return "unknown";
      this.#sql.exec("INSERT INTO tombstone VALUES (?, ?)", id, JSON.stringify(served.releases));
      this.#changed(true);
      return "removed";
    });
  }

  /** How much there is. */
  counted(): { items: number; tombstones: number } {
    return this.#sql
      .exec<{ items: number; tombstones: number }>(
        "SELECT (SELECT COUNT(*) FROM item) AS items, (SELECT COUNT(*) FROM tombstone) AS tombstones",
      )
      .one();
  }

  /** Other releases are served from now on: what is not needed beside them will be deleted in a moment. */
  async releasesChanged(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Deletes what is not needed beside the served releases. */
  override async alarm(): Promise<void> {
    try {
      await this.#settle(await this.releaseItems.read(this.env, { maxAgeMs: 0 }));
    } catch (error) {
      // The runtime gives up an alarm that fails too often; this one never may.
      console.error(logLine(error, "catalogue"));
      await this.ctx.storage.setAlarm(Date.now() + RETRY_AFTER_MS);
    }
  }

  /**
   * A live item goes when every served release has it: then a rollback cannot lose it. A tombstone goes when no served
   * release has the item, and none of those that were served when it was made is served any more.
   */
  async #settle(served: ReleaseItems): Promise<void> {
    if (served.releases.length === 0) return;
    const items = this.#sql.exec<{ id: string }>("SELECT id FROM item").toArray();
    const asked = new Set([...items, ...this.#tombstones()].map(({ id }) => id));
    const known = await served.among([...asked]);
    this.ctx.storage.transactionSync(() => {
      const released = items.filter(({ id }) => known.allHave(id) && this.#delete("item", id));
      const outlived = this.#tombstones().filter(({ id, releases }) => {
        // One that came meanwhile has its turn with the next change of the releases.
        if (!asked.has(id)) return false;
        const then = JSON.parse(releases) as string[];
        const isNeeded = known.has(id) || then.some((release) => served.releases.includes(release));
        return !isNeeded && this.#delete("tombstone", id);
      });
      if (released.length + outlived.length > 0) this.#changed(outlived.length > 0);
    });
  }

  #checkRoom(): void {
    const { count, bytes } = this.#sql
      .exec<{ count: number; bytes: number }>(
        "SELECT COUNT(*) AS count, COALESCE(SUM(LENGTH(CAST(body AS BLOB))), 0) AS bytes FROM item",
      )
      .one();
    if (count > LIVE_LIMITS.items) throw new Over("items");
    if (bytes > LIVE_LIMITS.bytes) throw new Over("bytes");
  }

  #delete(table: "item" | "tombstone", id: string): boolean {
    return this.#sql.exec(`DELETE FROM ${table} WHERE id = ? RETURNING 1`, id).toArray().length > 0;
  }

  #tombstones(): { id: string; releases: string }[] {
    return this.#sql.exec<{ id: string; releases: string }>("SELECT id, releases FROM tombstone ORDER BY id").toArray();
  }

  #changed(tombstones: boolean): void {
    this.#sql.exec("UPDATE version SET value = value + 1");
    if (tombstones) this.#sql.exec("UPDATE version SET tombstones = value");
  }
}

async function orRefused<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NearfeedError) return { refused: errorBody(error) };
    throw error;
  }
}

/** Undoes a transaction. */
class Over extends Error {
  readonly limit: "items" | "bytes";

  constructor(limit: "items" | "bytes") {
    super(limit);
    this.limit = limit;
  }
}

/** The object; there is one. */
export function catalogueOf(objects: DurableObjectNamespace<Catalogue>): DurableObjectStub<Catalogue> {
  return objects.get(objects.idFromName("catalogue"));
}

/** Tells the object that a channel was changed. It is in order without it, only later: so a failure is no error. */
export async function releasesChanged({ CATALOGUE }: Pick<EdgeEnv, "CATALOGUE">): Promise<void> {
  await catalogueOf(CATALOGUE)
    .releasesChanged()
    .catch((error: unknown) => console.error(logLine(error, "catalogue")));
}
