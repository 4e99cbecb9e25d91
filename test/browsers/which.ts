/** Finds programs on this machine. Starts none. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** @returns the first of these that is on the PATH or is an executable file itself */
export async function findProgram(...names: string[]): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const path of names.flatMap((name) => (name.startsWith("/") ? [name] : folders.map((f) => join(f, name))))) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
