// What the README says exists: the embedding program is examples/embed, and links are real. Its blocks are checked with
// those of the guides in docs-code.test.ts, its figures in bench/pages.test.ts, what the program shows in test/e2e.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFile(join(ROOT, path), "utf8");

let readme: string;
beforeAll(async () => {
  readme = await read("README.md");
});

/** The contents of the fenced blocks of a language. */
const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , text]) => text!);

test("the embedding program is examples/embed, in at most 15 lines", async () => {
  const program = await read("examples/embed/main.ts");
  expect(blocks("ts")).toEqual([program]);
  expect(
    program
      .trim()
      .split("\n")
      .filter((line) => line.trim() !== "").length,
  ).toBeLessThanOrEqual(15);
});

test("every linked file exists", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, path]) => path!)
    .filter((path) => !path.includes("://"));
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
