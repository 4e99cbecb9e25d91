/**
 * What lies in IndexedDB: one database a namespace. Versioned; nothing here knows what a profile or a release means.
 *
 * History: 1: events, outbox, files, state. 2: seen, banned, parts.
 */
import type { DBSchema } from "idb";
import type { Event } from "../../shared/event.ts";
import type { Release } from "../../shared/release.ts";
import type { Rule } from "../../shared/rules.ts";
import type { Signal } from "../../shared/signals.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";
import type { Ranked } from "../messages.ts";

export const DATABASE_VERSION = 2;

export function databaseName(namespace: string): string {
  return `nearfeed:${namespace}`;
}

/**
 * What was known of an item when something happened to it, so that the profile can be rebuilt without the release of
 * that day. Categories by name: their numbers change from release to release.
 */
export interface StoredKnown {
  readonly space: string;
  /** The release that named its neighbours; absent where a pool that knows none is all there was. */
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

/** A stretch of a file that has not arrived whole yet. */
export interface StoredPart {
  readonly sha256: string;
  /** Where in the file it begins. */
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What of a dropped event outlives it: that the person has had the item before, or never wants it again. */
export interface StoredMark {
  readonly item: string;
  /** Epoch ms of the last such event. */
  readonly at: number;
}

/** Running sums of one time scale. */
export interface StoredSums {
  /** Σ w v vᵀ: the lower triangle row by row, `[d (d + 1) / 2]`. */
  readonly scatter: Float64Array;
  /** Σ w y v, `[d]`. */
  readonly pull: Float64Array;
  /** Σ w. */
  readonly weight: number;
}

/** A signal of a dropped event, with what was known of its item. */
export interface StoredSignal {
  readonly signal: Signal;
  /** How many signals of those in the sums came after it and are in favour of an item. */
  readonly positivesAfter: number;
  readonly known: StoredKnown;
}

/** What dropped events have left in the profile: their sums (`shared/carried.ts`), good for any release. */
export interface StoredCarried {
  /** Raised with every change that this one cannot read. */
  readonly version: 1;
  /** Of the vectors in the sums. */
  readonly space: string;
  /** Epoch ms of the last signal in the sums. */
  readonly at: number;
  /** Epoch ms of the last dropped event: what happened until then and is not in the log is in the sums, or was replaced. */
  readonly until: number;
  readonly taste: StoredSums;
  readonly intent: StoredSums;
  readonly signals: number;
  readonly positives: number;
  readonly categories: readonly (readonly [name: string, content: number, share: number])[];
  /** By `authorKey`. */
  readonly authors: readonly (readonly [author: number, content: number])[];
  /** Those of the signals that are still looked at one by one, in order. */
  readonly recent: readonly StoredSignal[];
}

/** Category name → x in [−1, 1], without zeros. */
export type Adjustments = Readonly<Record<string, number>>;

/** Tells a log from an earlier or a later one: events only ever come with a new id, which is higher by its time. */
export interface LogExtent {
  readonly events: number;
  /** The highest id. */
  readonly last: string | null;
}

/** Lists made ahead for the next visit, and what they were made of. */
export interface StoredLists {
  readonly of: LogExtent & {
    readonly adjustments: Adjustments;
    /** What else they depend on. */
    readonly basis: string;
  };
  readonly lists: readonly { readonly surface: string; readonly ranked: Ranked }[];
}

/** Single values, by name. */
export interface StateValues {
  /** The release in use. */
  installed: {
    readonly release: Release;
    readonly tombstones: readonly string[];
    /** The operator's; databases of before there were any have none. */
    readonly rules?: readonly Rule[];
    /** From the spaces of earlier releases. */
    readonly maps?: readonly SpaceMap[];
  };
  /** The last start pool: a candidates file. */
  pool: { readonly release: string; readonly bytes: Uint8Array<ArrayBuffer> };
  /** What was fetched for the person's interests, and for which. */
  near: {
    readonly release: string;
    /** `[d]` */
    readonly query: Float64Array;
    /** Epoch ms. */
    readonly at: number;
    readonly unseen: number;
    /** Pool files by cell, those nearest to the query first; or the answer of retrieval, which is of no cell. */
    readonly parts: readonly { readonly cell: number | null; readonly bytes: Uint8Array<ArrayBuffer> }[];
  };
  /** 32 random bytes, only at consent `full`; the subject is derived from them. */
  token: Uint8Array<ArrayBuffer>;
  /** In [0, 1): which releases this device takes before others do; drawn when there first is a canary, never sent. */
  bucket: number;
  /** The highest sequence seen of a signed channel, by key id and channel. */
  sequences: Readonly<Record<string, number>>;
  /** What the person has set by hand. */
  adjustments: Adjustments;
  /** What the next visit shows first. */
  lists: StoredLists;
  /** How often the log was shortened. Where it has grown, another tab has done it. */
  compactions: number;
  /** What is left of the signals of dropped events. */
  carried: StoredCarried;
}

export interface Schema extends DBSchema {
  events: { key: string; value: StoredEvent };
  outbox: { key: string; value: OutboxEvent };
  files: { key: string; value: StoredFile };
  parts: { key: [sha256: string, offset: number]; value: StoredPart };
  /** Items of events that are no longer in the log. */
  seen: { key: string; value: StoredMark };
  banned: { key: string; value: StoredMark };
  state: { key: keyof StateValues; value: StateValues[keyof StateValues] };
}
