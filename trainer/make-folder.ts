/**
 * Like `mkdir -p`, for folders that people name. Node's own recursion never ends in a file system that cannot hold
 * folders, such as /proc.
 */
import { stat, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { NearfeedError } from "../shared/errors.ts";

/**
 * @param path absolute
 * @param flag the option that named it
 * @throws NearfeedError `bad_argument` where it is a file or cannot be made
 */
export async function makeFolder(path: string, flag: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found) throw new NearfeedError("bad_argument", `${path} is a file, expected a folder`, { path: flag });
  await makeFolder(dirname(path), flag);
  await mkdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EEXIST") return;
    throw new NearfeedError("bad_argument", `${path} cannot be made: ${cause.message}`, { path: flag, cause });
  });
}
