// What the README says exists: the embedding program is examples/embed. Its blocks and links are checked with those of the
// guides in docs-code.test.ts and docs.test.ts, its figures in bench/pages.test.ts, what the program shows in test/e2e.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf } from "../harness/read-pages.ts";

test("the embedding program is examples/embed, in at most 15 lines", async () => {
  const program = await readFile(join(import.meta.dirname, "../../examples/embed/main.ts"), "utf8");
  const programs = (await blocksOf("README.md")).filter(({ language }) => language === "ts");
  expect(programs.map(({ text }) => text)).toEqual([program]);
  expect(program.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(15);
});
