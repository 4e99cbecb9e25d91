// What counts towards what trends: which events, in which lists, and which object keeps a list. How they are counted is
// tallies.ts.

import { DEFAULT_SIGNALS, signalOf } from "../../shared/signals.ts";
import type { LoggedEvent } from "../events/event-message.ts";
import { hashText } from "../../shared/hash-text.ts";
import type { Trending } from "./trending.ts";

/** A list of what trends: on one surface or on all (""), in one region or everywhere (""). */
export interface TrendingList {
  readonly surface: string;
  readonly region: string;
}

/** One event for one list. */
export interface Vote extends TrendingList {
  /** Of the event in the store that passes it on; a store's numbers only grow. */
  readonly sequence: number;
  readonly item: string;
  /** Whose it is: a person counts once an item and window. */
  readonly person: string;
  /** When it happened, never later than it was received. Epoch ms. */
  readonly at: number;
}

/** What a store keeps of an event until it is passed on. */
export interface Engagement {
  readonly sequence: number;
  readonly item: string;
  readonly surface: string;
  readonly region: string | null;
  readonly subject: string | null;
  readonly received: number;
  readonly at: number;
}

/**
 * Objects that share the lists. Their number is fixed, because surfaces come from pages: an object a surface would let
 * strangers make objects. One takes about a thousand votes a second.
 */
const SHARDS = 16;

/** Whether an event says that somebody wanted the item: a like, a purchase, a view of half of it, never an impression. */
export function isEngagement(event: LoggedEvent): boolean {
  return (signalOf(event, DEFAULT_SIGNALS)?.target ?? 0) > 0;
}

/** The votes of an event: for its surface and for all, in its region and everywhere. */
export function votesOf({ sequence, item, surface, region, subject, received, at }: Engagement): Vote[] {
  // Who sends no subject is told apart by the envelope, and an envelope by when it was received.
  const person = subject === null ? `envelope ${received}` : `subject ${subject}`;
  const regions = region === null ? [""] : [region, ""];
  return [surface, ""].flatMap((place) =>
    regions.map((where) => ({ sequence, item, surface: place, region: where, person, at: Math.min(at, received) })),
  );
}

/** The number of the object that keeps a list. */
export function shardOf({ surface, region }: TrendingList): number {
  return hashText(JSON.stringify([surface, region])) % SHARDS;
}

/** The object of a number. */
export function trendingShard(objects: DurableObjectNamespace<Trending>, shard: number): DurableObjectStub<Trending> {
  return objects.get(objects.idFromName(`trending-${shard}`));
}
