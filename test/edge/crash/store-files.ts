/** Looks into the files of an edge from outside: to aim a kill, and to tell from what is left where it has fallen. */
import { cp, mkdtemp, readdir, rm, watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Resolves when the bucket begins to store something. */
export async function nextStored(state: string): Promise<void> {
  for await (const _ of watch(join(state, "r2/nearfeed/blobs"))) return;
}

/** How many stores were in the middle of writing a part: it is begun, and not yet marked as written. */
export async function begunParts(state: string): Promise<number> {
  const copy = await mkdtemp(join(tmpdir(), "nearfeed-stores-"));
  try {
    // A copy, because opening a database that was left behind writes to it.
    await cp(join(state, "do"), copy, { recursive: true });
    const files = (await readdir(copy, { recursive: true })).filter((name) => name.endsWith(".sqlite"));
    return files.filter((file) => hasBegun(join(copy, file))).length;
  } finally {
    await rm(copy, { recursive: true });
  }
}

function hasBegun(file: string): boolean {
  const database = new DatabaseSync(file);
  try {
    const isStore = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'part_begun'").get() !== undefined;
    return isStore && database.prepare("SELECT 1 FROM part_begun").get() !== undefined;
  } finally {
    database.close();
  }
}
