// The shards by slot, and the bindings that they come by.

import type { IndexShard } from "./index-shard.ts";
import { SHARD_SLOTS } from "./plan.ts";
import type { ShardRows } from "./plan.ts";

type ShardBinding = `INDEX_SHARD_${number}`;

/** The names of the bindings, by slot. */
export const SHARD_BINDINGS: readonly ShardBinding[] = Array.from(
  { length: SHARD_SLOTS },
  (_, slot): ShardBinding => `INDEX_SHARD_${slot}`,
);

/** The bindings of shards, `INDEX_SHARD_0` and on; needed only for releases that are too large for the Worker. */
export interface ShardBindings {
  readonly [name: ShardBinding]: DurableObjectNamespace<IndexShard> | undefined;
}

/**
 * The shard of some rows of a release; undefined where its binding is missing. It is named by both: while an edge that divides
 * releases otherwise is being deployed, either asks shards of its own.
 */
export function shardStub(env: ShardBindings, { slot, from, to }: ShardRows, release: string) {
  const namespace = env[SHARD_BINDINGS[slot]!];
  return namespace?.get(namespace.idFromName(`${release} ${from}-${to}`));
}
