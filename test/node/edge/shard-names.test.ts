// A shard has a binding, a class and a migration: three lists of names that nothing but this holds together.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SHARD_SLOTS } from "../../../edge/shards/plan.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (path: string) => readFile(join(ROOT, path), "utf8");
const slots = [...Array(SHARD_SLOTS).keys()];

test("every slot has its binding, its class and its migration, and there are no others", async () => {
  const config = await read("wrangler.toml");
  const bindings = [...config.matchAll(/name = "(INDEX_SHARD_\d+)"\s+class_name = "(IndexShard\d+)"/g)];
  expect(bindings.map(([, name, className]) => [name, className])).toEqual(
    slots.map((slot) => [`INDEX_SHARD_${slot}`, `IndexShard${slot}`]),
  );
  const migrated = [...config.matchAll(/new_(?:sqlite_)?classes = \[([^\]]*)\]/g)].flatMap(([, names]) =>
    [...names!.matchAll(/"(IndexShard\d+)"/g)].map(([, name]) => name),
  );
  expect(migrated.sort()).toEqual(slots.map((slot) => `IndexShard${slot}`).sort());
});

test("every class is one the Worker exports", async () => {
  const classes = [...(await read("edge/shards/classes.ts")).matchAll(/export class (IndexShard\d+) extends/g)];
  expect(classes.map(([, name]) => name)).toEqual(slots.map((slot) => `IndexShard${slot}`));
  expect(await read("edge/durable-objects.ts")).toContain('export * from "./shards/classes.ts"');
});
