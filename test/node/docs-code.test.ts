// Every fenced block of the pages people read is checked by its language: types, syntax, commands and flags that exist.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseSync } from "vite";
import { expect, test } from "vitest";
import { run } from "../../scripts/run.ts";
import { allBlocks, pages, type FencedBlock } from "../harness/read-pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const blocks = await allBlocks();
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const at = ({ page, line }: FencedBlock) => `${page}:${line}`;

/** What is shown and not run: what a program prints, headers, and rows of data. */
const NOT_CODE = ["text", "csv"];
const CHECKED = ["ts", "tsx", "js", "json", "html", "sh"];

/** What blocks that go on from the text before them may use without declaring it. */
const PRELUDE = `
declare const endpoint: string;
declare const createRecommender: typeof import("nearfeed").createRecommender;
declare const recommender: import("nearfeed").Recommender;
declare const feed: import("nearfeed").Feed;
declare const entry: import("nearfeed").Entry;
declare const element: Element;
`;

/** Programs of the shell blocks whose arguments are not ours to check. */
const FOREIGN = new Set(["cd", "cp", "curl", "esbuild", "export", "mkdir", "sudo"]);
/** Commands of npm that need no script. */
const NPM = new Set(["ci", "init", "install", "pack"]);

test("every block names a language that is checked, or one that is not code", () => {
  const unknown = blocks.filter(({ language }) => ![...CHECKED, ...NOT_CODE].includes(language));
  expect(unknown.map((block) => `${at(block)} ${block.language}`)).toEqual([]);
  for (const language of CHECKED) expect(of(language).length, language).toBeGreaterThan(0);
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
  const own = (entry: string) => [join(ROOT, "client-sdk", entry)];
  const compilerOptions = {
    composite: false,
    noEmit: true,
    // A block may declare what the text after it uses.
    noUnusedLocals: false,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    jsx: "react-jsx",
    paths: { nearfeed: own("index.ts"), "nearfeed/react": own("react.ts") },
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

test("every command of the shell blocks exists, with its flags", async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as Scripts;
  for (const block of of("sh")) {
    for (const command of commandsOf(block.text)) await checkCommand(command, scripts, `${at(block)} ${command}`);
  }
});

test("every npm script and every suite that a page names exists", async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as Scripts;
  const suites = await readdir(join(ROOT, "bench"));
  let named = 0;
  for (const page of await pages()) {
    const text = await readFile(join(ROOT, page), "utf8");
    for (const [, name, suite] of text.matchAll(/npm run\s+(?:-s\s+)?([\w:]+)(?:\s+--\s+([a-z]+))?/g)) {
      named++;
      expect(scripts, `${page}: npm run ${name}`).toHaveProperty([name!]);
      if (name === "bench" && suite !== undefined) expect(suites, page).toContain(`${suite}.ts`);
    }
  }
  expect(named).toBeGreaterThan(10);
});

interface Scripts {
  readonly scripts: Readonly<Record<string, string>>;
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

/** One a line; what a comment says and lines that go on from a backslash are put right. */
function commandsOf(text: string): string[] {
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines.map((line) => line.replace(/(^|\s)#.*/, "").trim()).filter((line) => line !== "");
}

async function checkCommand(command: string, scripts: Scripts["scripts"], where: string): Promise<void> {
  const [program, ...words] = command.split(/\s+/);
  if (program === "npm") {
    const [first, second] = words.filter((word) => word !== "-s");
    const script = first === "run" ? second! : first!;
    if (!NPM.has(script)) expect(scripts, where).toHaveProperty([script]);
    if (script === "start") await checkFlags("dev", words, where);
  } else if (program === "npx" && words[0] === "nearfeed") {
    await checkFlags(words[1]!, words.slice(2), where);
  } else if (program === "npx") {
    expect(["vite", "wrangler"], where).toContain(words[0]);
  } else {
    expect([...FOREIGN], where).toContain(program);
  }
}

const help = new Map<string, Promise<string>>();

/** The command is one of the command line's, and its help names every flag. */
async function checkFlags(command: string, words: readonly string[], where: string): Promise<void> {
  let text = help.get(command);
  if (!text) {
    const args = [join(ROOT, "bin/nearfeed.js"), command, "--help"];
    help.set(command, (text = promisify(execFile)(process.execPath, args).then(({ stdout }) => stdout)));
  }
  expect(await text, where).toContain(`nearfeed ${command}`);
  for (const flag of words.filter((word) => /^--\w/.test(word))) expect(await text, where).toContain(`${flag} `);
}
