// What the README says exists: the embedding program is a file that the compiler checks, and commands and links are real.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
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

test("every npm script that is named exists", async () => {
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  for (const name of ["start", "test"]) expect(scripts).toHaveProperty(name);
});

test("every command and flag of the command line exists", async () => {
  const lines = blocks("sh")
    .flatMap((block) => block.split("\n"))
    .filter((line) => line.startsWith("npx nearfeed "));
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    const [, , command, ...rest] = line.split(" ");
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, "bin/nearfeed.js"), command!, "--help"]);
    expect(stdout).toContain(`nearfeed ${command}`);
    for (const flag of rest.filter((word) => word.startsWith("--"))) expect(stdout).toContain(flag);
  }
});

test("every linked file exists", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, path]) => path!)
    .filter((path) => !path.includes("://"));
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
