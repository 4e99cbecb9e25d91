/** What a file beside a log says of how the log may be used. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expandFiles } from "../read/files.ts";

const NAMES = ["NOTICE", "LICENSE", "LICENCE"].flatMap((name) => [name, `${name}.txt`, `${name}.md`]);

/** The first that there is in the folder of the log's first file. @param files files, globs or folders of the log */
export async function noticeBeside(
  files: readonly string[],
): Promise<{ readonly file: string; readonly text: string } | undefined> {
  const [first] = expandFiles(files);
  if (!first) return undefined;
  for (const file of NAMES) {
    const text = await readFile(join(dirname(first.path), file), "utf8").catch(() => undefined);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}
