// Every fenced block of the pages people read is checked by its language: types and syntax. Commands are in docs-commands.test.ts.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseSync } from "vite";
import { expect, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { allBlocks, type FencedBlock } from "../harness/read-pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const blocks = await allBlocks();
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const at = ({ page, line }: FencedBlock) => `${page}:${line}`;

/** What is shown and not run: what a program prints, headers, and rows of data. */
const NOT_CODE = ["text", "csv"];
const CHECKED = ["ts", "tsx", "js", "json", "html", "sh", "toml"];

/** What blocks that go on from the text before them may use without declaring it. */
const PRELUDE = `
declare const endpoint: string;
declare const createRecommender: typeof import("nearfeed").createRecommender;
declare const recommender: import("nearfeed").Recommender;
declare const feed: import("nearfeed").Feed;
declare const entry: import("nearfeed").Entry;
declare const element: Element;
`;

test("every block names a language that is checked, or one that is not code", () => {
  const unknown = blocks.filter(({ language }) => ![...CHECKED, ...NOT_CODE].includes(language));
  expect(unknown.map((block) => `${at(block)} ${block.language}`)).toEqual([]);
  for (const language of CHECKED) expect(of(language).length, language).toBeGreaterThan(0);
});

test("every block of TOML is what wrangler takes, put into wrangler.toml as its page says", async () => {
  const folder = join(ROOT, ".tsbuild/docs-toml");
  const config = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  for (const block of of("toml")) {
    // What stands before its first table goes to the top of the file.
    const tables = block.text.search(/^\[/m);
    const path = join(folder, `${basename(block.page, ".md")}-${block.line}.toml`);
    await mkdir(folder, { recursive: true });
    await writeFile(path, [block.text.slice(0, tables), config, block.text.slice(tables)].join("\n"));
    const script = `(await import("wrangler")).unstable_readConfig({ config: ${JSON.stringify(path)} })`;
    const { code, output } = await run("node", ["--input-type=module", "--eval", script], { quiet: true, cwd: ROOT });
    expect([code, output], at(block)).toEqual([0, ""]);
  }
});

test("every block of TypeScript compiles against what the package exports", async () => {
  const folder = join(ROOT, ".tsbuild/docs");
  await rm(folder, { recursive: true, force: true });
  for (const block of of("ts", "tsx")) {
    const path = join(folder, basename(block.page, ".md"), await nameOf(block));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, block.text);
  }
  await writeFile(join(folder, "prelude.d.ts"), PRELUDE);
  const compilerOptions = {
    composite: false,
    noEmit: true,
    // A block may declare what the text after it uses.
    noUnusedLocals: false,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    jsx: "react-jsx",
    paths: await sourcesOfEntries(),
  };
  const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions, include: ["**/*"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { code, output } = await run("tsc", ["-p", folder, "--pretty", "false"], { quiet: true });
  expect(output).toBe("");
  expect(code).toBe(0);
});

test("every block of JavaScript and JSON parses", () => {
  for (const block of of("js")) expect(syntaxErrors(block.text), at(block)).toEqual([]);
  for (const block of of("json")) expect(() => JSON.parse(block.text), at(block)).not.toThrow();
  expect(syntaxErrors("const = 1;")).not.toEqual([]);
});

test("every block of HTML closes what it opens, and its scripts parse", () => {
  for (const block of of("html")) {
    expect(unbalanced(block.text), at(block)).toEqual([]);
    const scripts = [...block.text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script!);
    expect(scripts.length, at(block)).toBeGreaterThan(0);
    for (const script of scripts) expect(syntaxErrors(script), at(block)).toEqual([]);
  }
  expect(unbalanced("<ol><li></ol>")).toEqual(["</ol>"]);
  expect(unbalanced("<meta /><ol>")).toEqual(["<ol>"]);
});

/** What the compiler finds under the names by which an app imports: the sources, so that no build is needed. */
async function sourcesOfEntries(): Promise<Record<string, string[]>> {
  const { exports } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    exports: Readonly<Record<string, { readonly types?: string }>>;
  };
  const entries = Object.entries(exports).filter(([, { types }]) => types !== undefined);
  const sources = entries.map(([entry, { types }]): [string, string[]] => [
    `nearfeed${entry.slice(1)}`,
    [join(ROOT, types!.replace("./dist/", "").replace(".d.ts", ".ts"))],
  ]);
  return Object.fromEntries(sources);
}

/** The name of the file that the line before the block names, in backticks and with a colon; else one of its own. */
async function nameOf({ page, line, language }: FencedBlock): Promise<string> {
  const lines = (await readFile(join(ROOT, page), "utf8")).split("\n").slice(0, line - 1);
  const before = lines.findLast((each) => each.trim() !== "") ?? "";
  return /`([\w./-]+\.tsx?)`:$/.exec(before)?.[1] ?? `block-${line}.${language}`;
}

function syntaxErrors(code: string): string[] {
  return parseSync("block.js", code).errors.map(({ message }) => message);
}

/** Tags that close what is not open, and tags that are never closed. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const withoutScripts = html.replace(/(<script[^>]*>).*?(<\/script>)/gs, "$1$2");
  for (const [tag, slash, name, end] of withoutScripts.matchAll(/<(\/?)([a-z][\w-]*)[^>]*?(\/?)>/g)) {
    if (end || name === "meta" || name === "link") continue;
    if (!slash) open.push(name!);
    else if (open.at(-1) === name) open.pop();
    else {
      wrong.push(tag);
      if (open.includes(name!)) open.length = open.lastIndexOf(name!);
    }
  }
  return [...wrong, ...open.map((name) => `<${name}>`)];
}
