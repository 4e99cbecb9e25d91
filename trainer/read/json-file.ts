/** Reads a small JSON file by a parser; whatever is wrong with it names the file. */
import { readFile } from "node:fs/promises";
import { NearfeedError } from "../../shared/errors.ts";
import type { Parser } from "../../shared/parse.ts";

/** @throws NearfeedError `file_not_found` or `bad_file` */
export async function readJsonFile<T>(path: string, parser: Parser<T>): Promise<T> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new NearfeedError("file_not_found", `There is no file ${path}`, { path });
    throw new NearfeedError("bad_file", `${path} cannot be read: ${cause.message}`, { path, cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new NearfeedError("bad_file", `${path} is not JSON`, { path, cause });
  }
  try {
    return parser(json, "");
  } catch (cause) {
    if (!(cause instanceof NearfeedError)) throw cause;
    const within = cause.path === undefined ? "" : `:${cause.path}`;
    throw new NearfeedError("bad_file", `${path}: ${cause.message}`, {
      path: `${path}${within}`,
      hint: cause.hint,
      cause,
    });
  }
}
