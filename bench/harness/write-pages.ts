/** Writes what BENCHMARKS.md and the README show of the results. It measures nothing. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceSection } from "./benchmarks-page.ts";
import { replaceMarked } from "./marked.ts";
import { QUALITY, renderQuality } from "./readme-figures.ts";
import { readResults, type Result } from "./results.ts";
import { replaceAudiences } from "./scale-tables.ts";

const ROOT = join(import.meta.dirname, "../..");

/** @returns the text that each page has to have, by its path from the project's folder */
export async function pagesOf(results: ReadonlyMap<string, Result>): Promise<Map<string, string>> {
  const read = (path: string) => readFile(join(ROOT, path), "utf8");
  const benchmarks = [...results.values()].reduce(replaceSection, await read("BENCHMARKS.md"));
  const quality = results.get("quality");
  if (!quality) throw new Error("bench/results/quality.json is missing: npm run -s bench -- quality --write makes it");
  return new Map([
    ["BENCHMARKS.md", benchmarks],
    ["docs/scale.md", await replaceAudiences(await read("docs/scale.md"))],
    ["README.md", replaceMarked(await read("README.md"), QUALITY, renderQuality(quality))],
  ]);
}

export async function writePages(): Promise<void> {
  for (const [path, text] of await pagesOf(await readResults())) await writeFile(join(ROOT, path), text);
}
