import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/run.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const FOLDERS = ["shared", "edge", "client-sdk", "trainer"] as const;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nearfeed-direction-"));
  for (const name of ["package.json", "tsconfig.base.json", ".oxlintrc.json"]) {
    await cp(join(PROJECT, name), join(root, name));
  }
  await symlink(join(PROJECT, "node_modules"), join(root, "node_modules"));
  for (const folder of FOLDERS) {
    await mkdir(join(root, folder));
    await cp(join(PROJECT, folder, "tsconfig.json"), join(root, folder, "tsconfig.json"));
    await writeFile(join(root, folder, "one.ts"), "export const one: number = 1;\n");
  }
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** What the compiler and the linter say of a file that imports `specifier`. */
async function verdicts(folder: string, specifier: string) {
  const file = join(root, folder, "importer.ts");
  await writeFile(file, `import { one } from "${specifier}";\n\nexport const two: number = one + 1;\n`);
  const compiled = await run("tsc", ["-b", "--pretty", "false", folder], { cwd: root, quiet: true });
  const linted = await run("oxlint", [folder], { cwd: root, quiet: true });
  await rm(file);
  return { compiles: compiled.code === 0, lints: linted.code === 0, output: compiled.output + linted.output };
}

test.for(["edge", "client-sdk", "trainer"])("%s may import shared", async (folder) => {
  expect(await verdicts(folder, "../shared/one.ts")).toMatchObject({ compiles: true, lints: true });
});

test.for(
  FOLDERS.flatMap((from) => FOLDERS.filter((to) => to !== from && to !== "shared").map((to) => [from, to] as const)),
)("the compiler and the linter refuse an import from %s to %s", async ([from, to]) => {
  const { compiles, lints, output } = await verdicts(from, `../${to}/one.ts`);
  expect({ compiles, lints }, output).toEqual({ compiles: false, lints: false });
  expect(output).toContain("TS6307");
});

test("shared knows no runtime", async () => {
  for (const name of ["document", "process", "crypto", "TextDecoder", "URL", "console", "performance", "fetch"]) {
    const file = join(root, "shared/global.ts");
    await writeFile(file, `export const value: unknown = ${name};\n`);
    const { code, output } = await run("tsc", ["-b", "--pretty", "false", "shared"], { cwd: root, quiet: true });
    await rm(file);
    expect(code, name).not.toBe(0);
    expect(output).toMatch(new RegExp(`Cannot find name '${name}'`));
  }
});
