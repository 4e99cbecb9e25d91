// The quality rows of public data: what is said where the data is absent, and that the rows are those that are asked for.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingFile, PUBLIC_DATA } from "../../../bench/quality/public-data.ts";
import { run } from "../../../scripts/run.ts";

const bench = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run("node", [join(import.meta.dirname, "../../../bench/run.ts"), "quality", ...args], { quiet: true, env });

test("a data set that is absent is skipped, with a word on what is missing", async () => {
  const empty = await mkdtemp(join(tmpdir(), "nearfeed-no-data-"));
  const { code, output } = await bench(["--data", "gowalla", "--json"], { NEARFEED_DATA: empty });
  await rm(empty, { recursive: true });
  expect(code).toBe(0);
  expect(output).toContain(`gowalla is skipped, ${join(empty, "gowalla/train.parquet")} is missing`);
});

test("a data set that nobody knows is refused with those that there are", async () => {
  const { code, output } = await bench(["--data", "netflix"]);
  expect(code).toBe(2);
  expect(output).toContain("expected one of movielens-small, ml-1m, beauty, gowalla, kuairand-pure");
});

test("every figure has an id of its own, and files are looked for by their whole path", () => {
  const ids = Object.values(PUBLIC_DATA).flatMap(({ figures }) => figures.map(({ id }) => id));
  expect(ids).toEqual([
    "quality-ml-1m-ndcg10",
    "quality-ml-1m-hr10",
    "quality-beauty-ndcg10",
    "quality-beauty-hr10",
    "quality-gowalla-recall20",
    "quality-gowalla-ndcg20",
  ]);
  const nowhere = { ...PUBLIC_DATA["beauty"]!, log: "/nowhere/log.parquet" };
  expect(missingFile(nowhere)).toBe("/nowhere/log.parquet");
});
