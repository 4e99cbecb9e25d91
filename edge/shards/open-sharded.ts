// A release that is searched in shards, as the rest of retrieval sees any release: in the Worker is what stands in the heads
// of its files, which does not grow with its items; columns, vectors, ids and display data are in the shards.

import { readDictionaries, takeMetadata } from "../../shared/columns-file.ts";
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";
import { checkFormat } from "../../shared/format-checks.ts";
import { INDEX_FORMAT, INDEX_VERSION } from "../../shared/index-file.ts";
import type { Release } from "../../shared/release.ts";
import type { StringsKind } from "../../shared/strings-file.ts";
import { packHeadBytes } from "../../shared/pack-file.ts";
import type { EdgeEnv } from "../bindings.ts";
import type { Items } from "../retrieval/items.ts";
import { openPack } from "../retrieval/pack.ts";
import { contentOf } from "../retrieval/tables.ts";
import { openTensors } from "../retrieval/read-tensors.ts";
import { openStrings } from "./load-slice.ts";
import { planShards } from "./plan.ts";
import type { ShardRows } from "./plan.ts";
import { SHARD_BINDINGS, shardStub } from "./slots.ts";
import type { ShardBindings } from "./slots.ts";
import { ShardedIndex } from "./sharded-index.ts";
import type { Shard, Waiting } from "./sharded-index.ts";

type ShardedEnv = Pick<EdgeEnv, "BUCKET"> & ShardBindings;

/** A release in shards. */
export interface ShardedRelease {
  readonly tables: Items;
  readonly index: ShardedIndex;
}

/** Bytes that the Worker holds of a release in shards: what it is asked for by name, and the heads of its packs. */
export function shardedBytes({ files, costs }: Release): number {
  const heads = costs === undefined ? 0 : packHeadBytes(costs.rows.blocks);
  return (files.content?.bytes ?? 0) + heads;
}

/**
 * Opens a release in shards; they load their rows when they are first asked.
 * @throws NearfeedError bad_format, wrong_space, bad_release, or bad_configuration where a binding is missing
 */
export async function openSharded(
  env: ShardedEnv,
  release: Release,
  options: { plan?: readonly ShardRows[] } & Waiting = {},
): Promise<ShardedRelease> {
  const { files, items, dim, space } = release;
  const { plan = planShards(release), ...rest } = options;
  const file = await openTensors(env.BUCKET, files.index);
  checkFormat(file, INDEX_FORMAT, INDEX_VERSION);
  const head = {
    dictionaries: readDictionaries(file),
    space: takeMetadata(file, "space"),
    rows: takeMetadata(file, "rows"),
  };
  if (head.space !== space) {
    throw new NearfeedError("wrong_space", `the index has space ${head.space}, the release says ${space}`, {
      path: "files.index",
    });
  }
  if (file.shape("vectors").join() !== `${items},${dim}`) {
    const got = file.shape("vectors").join(" × ");
    throw new NearfeedError("bad_value", `the index has vectors of ${got}, the release says ${items} × ${dim}`, {
      path: "files.index",
    });
  }
  for (const kind of ["ids", "catalog"] as const) await checkStrings(env.BUCKET, release, kind, head.rows);
  const index = new ShardedIndex(shardsOf(env, release.id, plan), { dim, ...rest });
  return {
    tables: {
      release,
      head,
      rowsOf: (wanted, onMissing) => index.rowsOf(wanted, onMissing),
      content: contentOf(env.BUCKET, release),
      rows: openPack(env.BUCKET, release, "rows"),
    },
    index,
  };
}

/**
 * Has every shard of a release load and check its rows.
 * @returns the hash of the ids in row order
 * @throws NearfeedError of the first that refuses
 */
export async function checkSharded(env: ShardedEnv, release: Release): Promise<string> {
  const { tables } = await openSharded(env, release);
  for (const { of, stub } of shardsOf(env, release.id, planShards(release))) {
    const refusal = errorFromBody(await stub().load({ ...of, draft: release }));
    if (refusal !== undefined) throw refusal;
  }
  return tables.head.rows;
}

/** The shards check the strings of their rows; that there are as many as rows is to be seen here alone. */
async function checkStrings(bucket: R2Bucket, { files, items }: Release, kind: StringsKind, rows: string) {
  const path = `files.${kind}`;
  const [size] = (await openStrings(bucket, files[kind], kind, rows)).shape("string_start");
  if (size === items + 1) return;
  throw new NearfeedError("bad_format", `${files[kind].name} has ${size} starts, ${items + 1} are needed`, { path });
}

function shardsOf(env: ShardBindings, release: string, plan: readonly ShardRows[]): Shard[] {
  return plan.map((rows) => {
    if (shardStub(env, rows, release) === undefined) {
      throw new NearfeedError("bad_configuration", `${SHARD_BINDINGS[rows.slot]} is not set`, {
        path: SHARD_BINDINGS[rows.slot]!,
        hint: "The release is too large for the Worker. Compare wrangler.toml with the one of the package.",
      });
    }
    return { of: { ...rows, release }, stub: () => shardStub(env, rows, release)! };
  });
}
