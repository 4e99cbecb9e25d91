// The shard classes, one a slot, and the bindings that they come by.

import { IndexShard } from "./index-shard.ts";

/** The shard in slot 0. */
export class IndexShard0 extends IndexShard {}
/** The shard in slot 1. */
export class IndexShard1 extends IndexShard {}
/** The shard in slot 2. */
export class IndexShard2 extends IndexShard {}
/** The shard in slot 3. */
export class IndexShard3 extends IndexShard {}
/** The shard in slot 4. */
export class IndexShard4 extends IndexShard {}
/** The shard in slot 5. */
export class IndexShard5 extends IndexShard {}
/** The shard in slot 6. */
export class IndexShard6 extends IndexShard {}
/** The shard in slot 7. */
export class IndexShard7 extends IndexShard {}

/** The names of the bindings, by slot. */
export const SHARD_BINDINGS = [
  "INDEX_SHARD_0",
  "INDEX_SHARD_1",
  "INDEX_SHARD_2",
  "INDEX_SHARD_3",
  "INDEX_SHARD_4",
  "INDEX_SHARD_5",
  "INDEX_SHARD_6",
  "INDEX_SHARD_7",
] as const;

/** The bindings of shards; needed only for releases that are too large for the Worker. */
export type ShardBindings = Partial<Record<(typeof SHARD_BINDINGS)[number], DurableObjectNamespace<IndexShard>>>;

/** The shard of a release in a slot; undefined where its binding is missing. */
export function shardStub(env: ShardBindings, slot: number, release: string) {
  const namespace = env[SHARD_BINDINGS[slot]!];
  return namespace?.get(namespace.idFromName(release));
}
