/** Which limit binds first: of the platform and of this build, at the busiest moment of the day. */
import type { Bill } from "./bill.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Place } from "./operations.ts";
import { EVENT_SHARDS } from "./operations.ts";
import { PLATFORM_LIMITS } from "./prices.ts";

/** One limit and how much of it is used. */
export interface Limit {
  readonly name: string;
  /** Used, of 1. Above it does not work, or not for everybody. */
  readonly used: number;
  /** What to turn on then. */
  readonly remedy: string;
}

/** What releases may hold of the Worker's memory (`edge/retrieval/served.ts`), and a shard (`edge/shards/plan.ts`). */
export const WORKER_BYTES = 96_000_000;
export const SHARD_BYTES = 44_000_000;
export const SHARD_SLOTS = 64;
/** What a device fetches of a catalogue without being asked (`client-sdk/engine/retrieval-mode.ts`). */
export const DEVICE_BYTES = 10_000_000;
const MS_A_SECOND = 1_000;

/** All there are, the fullest first. @param peak the busiest moment against the mean of the month */
export function limitsOf(bill: Bill, catalogue: Catalogue, place: Place, peak: number): Limit[] {
  const { mode, operations, objectGb } = bill;
  const aSecond = (count: number) => (count / place.seconds) * peak;
  const limits: Limit[] = [
    {
      name: `ids of two weeks in ${EVENT_SHARDS} objects`,
      used: (objectGb * 1e9) / EVENT_SHARDS / PLATFORM_LIMITS.objectBytes,
      remedy: "an edge a region, each with its own objects, or fewer people at consent full",
    },
    {
      name: "objects that take events, time at work",
      used: aSecond(operations.storeMs) / MS_A_SECOND / EVENT_SHARDS,
      remedy: "an edge a region, each with its own objects",
    },
    {
      name: "the object that counts what trends everywhere, time at work",
      // The list of all surfaces and regions is in one object, and a fourth of the votes, with regions, are for it.
      used: aSecond(operations.trendingMs) / MS_A_SECOND / (bill.traffic.regions > 0 ? 4 : 2),
      remedy: "an edge a region, so that each counts its own",
    },
    {
      name: "messages a second of a queue",
      used: aSecond(operations.queueMessages) / PLATFORM_LIMITS.queueMessagesASecond,
      remedy: "an edge a region, each with its own queue",
    },
  ];
  if (mode === "device") {
    limits.push({
      name: "what a device fetches by itself (auto)",
      used: catalogue.files.device.bytes / DEVICE_BYTES,
      remedy: "mode pool",
    });
  }
  if (place.shards === 0) {
    limits.push({
      name: "the release in the Worker",
      used: catalogue.residentBytes / WORKER_BYTES,
      remedy: "shards, to which it goes by itself",
    });
  } else {
    limits.push({
      name: `the release in ${SHARD_SLOTS} shards`,
      used: catalogue.shardedBytes / (SHARD_SLOTS * SHARD_BYTES),
      remedy: "an edge a language or region with its own items, or less display data",
    });
  }
  if (place.vectorize && mode === "edge") {
    limits.push({
      name: "vectors of an index of Vectorize",
      used: catalogue.items / PLATFORM_LIMITS.vectorsAnIndex,
      remedy: "an edge a language or region with its own items",
    });
  }
  return limits.sort((a, b) => b.used - a.used);
}

/** In how many shards a release of this size is searched: none where it fits into the Worker. */
export function shardsOf({ residentBytes, shardedBytes }: Catalogue): number {
  return residentBytes <= WORKER_BYTES ? 0 : Math.ceil(shardedBytes / SHARD_BYTES);
}
