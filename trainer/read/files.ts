/** From what the command line names (files, globs, folders) to the list of files, each with its format. */
import { globSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";

export type Format = "parquet" | "csv" | "ndjson";

export interface SourceFile {
  readonly path: string;
  readonly format: Format;
  /** Where its rows are read from, if not there: what is left of a torn file. */
  readonly content?: string;
}

const FORMATS: readonly (readonly [RegExp, Format])[] = [
  [/\.parquet$/i, "parquet"],
  [/\.(csv|tsv)(\.gz|\.zst)?$/i, "csv"],
  [/\.(ndjson|jsonl|json)(\.gz|\.zst)?$/i, "ndjson"],
];

/**
 * @throws NearfeedError `file_not_found` where a name matches nothing, `bad_file` for a file of a format we do not read
 */
export function expandFiles(names: readonly string[]): SourceFile[] {
  const files = names.flatMap((name) => {
    const found = matches(name);
    if (found.length === 0) {
      throw new NearfeedError(
        "file_not_found",
        `"${name}" matches no file (.parquet, .csv, .tsv, .ndjson, .jsonl; .gz and .zst too)`,
        {
          path: name,
        },
      );
    }
    return found;
  });
  return [...new Set(files)].map((path) => ({ path, format: formatOf(path) }));
}

function matches(name: string): string[] {
  const stat = statSync(name, { throwIfNoEntry: false });
  if (stat?.isFile()) return [name];
  if (stat?.isDirectory()) {
    return readdirSync(name, { recursive: true, encoding: "utf8" })
      .map((entry) => join(name, entry))
      .filter((path) => FORMATS.some(([pattern]) => pattern.test(path)) && statSync(path).isFile())
      .sort();
  }
  return globSync(name)
    .filter((path) => statSync(path).isFile())
    .sort();
}

function formatOf(path: string): Format {
  const found = FORMATS.find(([pattern]) => pattern.test(path));
  if (found) return found[1];
  throw new NearfeedError(
    "bad_file",
    `${path} has an ending that says no format; expected .parquet, .csv, .tsv, .ndjson or .jsonl`,
    { path },
  );
}
