/**
 * A folder of log parts on this machine: named as in the bucket, so that it is partitioned by date and hour as it is.
 * A part is written beside its place and renamed into it, so that what has a part's name is whole.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { LOG_PART, type LogPart } from "../../shared/event-log.ts";
import { makeFolder } from "../make-folder.ts";
import { md5Of } from "./log-client.ts";

/** The ending of a part that is being written. The trainer's reader takes no file of this ending. */
const DRAFT = /\.ndjson\.gz\.[0-9a-f-]{36}\.draft$/;

/** A draft of this age belongs to nobody any more: its process was killed. */
const STALE_DRAFT_MS = 3_600_000;

/** Names of the parts in a folder. Drafts that a killed process left are deleted; other files are not touched. */
export async function partsIn(folder: string, now: number): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.split(sep).join("/"));
  for (const name of names.filter((each) => DRAFT.test(each))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined); // another pull may have just finished it
    if (found && now - found.mtimeMs > STALE_DRAFT_MS) await rm(path, { force: true });
  }
  return names.filter((name) => LOG_PART.test(name)).sort();
}

/** Whether a folder holds a part exactly as the bucket has it. It reads the file: a damaged one is not the same. */
export async function holdsPart(folder: string, { name, bytes, md5 }: LogPart): Promise<boolean> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  return found?.size === bytes && md5Of(await readFile(path)) === md5;
}

/** Writes a part whole, in place of an older one of its name. */
export async function writePart(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, name);
  const draft = `${path}.${randomUUID()}.draft`;
  await makeFolder(dirname(path), "DIR");
  try {
    await writeFile(draft, bytes, { flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Deletes a part, and the folders of its hour and its day where they are empty then. */
export async function removePart(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  await rm(path, { force: true });
  for (const parent of [dirname(path), dirname(dirname(path))]) {
    await rmdir(parent).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
    });
  }
}
