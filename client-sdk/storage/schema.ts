/**
 * What lies in IndexedDB: one database a namespace. Versioned; nothing here knows what a profile or a release means.
 *
 * History: 1: events, outbox, files, state.
 */
import type { DBSchema } from "idb";
import type { Event } from "../../shared/event.ts";
import type { Release } from "../../shared/release.ts";

export const DATABASE_VERSION = 1;

export function databaseName(namespace: string): string {
  return `nearfeed:${namespace}`;
}

/**
 * What was known of an item when something happened to it, so that the profile can be rebuilt without the release of
 * that day. Categories by name: their numbers change from release to release.
 */
export interface StoredKnown {
  readonly space: string;
  /** The release whose whole catalogue said so; absent where a pool did, which knows no neighbours. */
  readonly release?: string;
  /** `[d]` */
  readonly vector: Float32Array;
  readonly categories: readonly string[];
  /** `authorKey`, 0 for none. */
  readonly author: number;
  readonly neighbours: readonly (readonly [item: string, weight: number])[];
}

/** One event of the log. */
export interface StoredEvent {
  /** The event's id. */
  readonly id: string;
  readonly event: Event;
  readonly known?: StoredKnown;
}

/** An event that waits for its 202, with what its envelope must say. */
export interface OutboxEvent {
  readonly id: string;
  readonly event: Event;
  readonly release: string;
  readonly surface: string;
  readonly utcOffsetMinutes: number;
}

export interface StoredFile {
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Single values, by name. */
export interface StateValues {
  /** The release in use. */
  installed: { readonly release: Release; readonly tombstones: readonly string[] };
  /** The last start pool or answer of retrieval: a candidates file. */
  pool: { readonly release: string; readonly bytes: Uint8Array<ArrayBuffer> };
  /** 32 random bytes, only at consent `full`; the subject is derived from them. */
  token: Uint8Array<ArrayBuffer>;
  /** The highest sequence seen of a signed channel, by key id and channel. */
  sequences: Readonly<Record<string, number>>;
}

export interface Schema extends DBSchema {
  events: { key: string; value: StoredEvent };
  outbox: { key: string; value: OutboxEvent };
  files: { key: string; value: StoredFile };
  state: { key: keyof StateValues; value: StateValues[keyof StateValues] };
}
