// What the pages show of measurements is what bench/results holds; `npm run docs` writes them from it.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderSection } from "../../../bench/harness/benchmarks-page.ts";
import { readMarked, replaceMarked } from "../../../bench/harness/marked.ts";
import { QUALITY, renderQuality } from "../../../bench/harness/readme-figures.ts";
import { formatResult, readResults } from "../../../bench/harness/results.ts";
import { pagesOf } from "../../../bench/harness/write-pages.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (path: string) => readFile(join(ROOT, path), "utf8");
const results = await readResults();

test("BENCHMARKS.md, the README and the tables of what an audience costs are what the figures render to", async () => {
  const pages = await pagesOf(results);
  expect([...pages.keys()]).toEqual(["BENCHMARKS.md", "docs/scale.md", "README.md"]);
  for (const [path, text] of pages) expect(await read(path), path).toBe(text);
});

test("every section of BENCHMARKS.md is of a result, and every result of a suite", async () => {
  const sections = [...(await read("BENCHMARKS.md")).matchAll(/<!-- bench:([\w-]+) -->/g)].map(([, suite]) => suite!);
  expect(sections.sort()).toEqual([...results.keys()].sort());
  const suites = await readdir(join(ROOT, "bench"));
  // A suite may have a result for each of its data sets: quality-gowalla is of quality.
  const isOf = (result: string) => (suite: string) => result === suite || result.startsWith(`${suite}-`);
  for (const result of results.keys())
    expect(
      suites
        .filter((name) => name.endsWith(".ts"))
        .map((name) => name.slice(0, -3))
        .some(isOf(result)),
      result,
    ).toBe(true);
});

test("results are kept as they would be written", async () => {
  for (const [suite, result] of results) expect(await read(`bench/results/${suite}.json`)).toBe(formatResult(result));
});

test("a section says of what commit it was measured, when and how long that took, where that is known", () => {
  const { measured: _, ...plain } = results.get("quality")!;
  expect(renderSection(plain)).not.toContain(" s, on ");
  const measured = { commit: "0123456789+", date: "2026-11-28", seconds: 1_234 };
  expect(renderSection({ ...plain, measured })).toContain(`, Node 24.21.0 · 1,234 s, on 2026-11-28 at 0123456789+\n`);
});

test("another figure changes the README, and a figure that is missing is named", async () => {
  const quality = results.get("quality")!;
  const readme = await read("README.md");
  const changed = quality.rows.map((row) =>
    row.id === "quality-movielens-small-ndcg10-selected-over-deep" ? { ...row, value: 0.012 } : row,
  );
  const other = replaceMarked(readme, QUALITY, renderQuality({ ...quality, rows: changed }));
  expect(readMarked(other, QUALITY)).toContain("| selected − deep     | +.0120");
  expect(readMarked(readme, QUALITY)).not.toContain("+.0120");
  const fewer = quality.rows.filter(({ id, variant }) => id !== "quality-movielens-small-hr10" || variant !== "linear");
  expect(() => renderQuality({ ...quality, rows: fewer })).toThrow("no row quality-movielens-small-hr10 (linear)");
  expect(() => readMarked(readme, "figures:none")).toThrow("<!-- figures:none -->");
});
