// Every command that the pages people read name exists, with its flags, its scripts, its suites and its versions.
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { allBlocks, pages } from "../harness/read-pages.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Programs of the shell blocks whose arguments are not ours to check. */
const FOREIGN = new Set([
  "cd",
  "cp",
  "curl",
  "done",
  "esbuild",
  "export",
  "for",
  "mkdir",
  "openssl",
  "python3",
  "sudo",
]);
/** Commands of npm that need no script. */
const NPM = new Set(["ci", "init", "install", "pack"]);

test("every command of the shell blocks exists, with its flags", async () => {
  const { scripts } = await manifest();
  const blocks = (await allBlocks()).filter(({ language }) => language === "sh");
  expect(blocks.length).toBeGreaterThan(5);
  for (const { page, line, text } of blocks) {
    for (const command of commandsOf(text)) await checkCommand(command, scripts, `${page}:${line} ${command}`);
  }
});

test("every command that stands in a sentence exists, with its flags", async () => {
  let named = 0;
  for (const page of await pages()) {
    const text = await readFile(join(ROOT, page), "utf8");
    for (const [, command] of text.matchAll(/`npx nearfeed ([^`]+)`/g)) {
      named++;
      const [name, ...words] = command!.split(/\s+/);
      await checkFlags(name!, words, `${page}: ${command}`);
    }
    for (const [, flags] of text.matchAll(/`npm start -- ([^`]+)`/g)) await checkFlags("dev", flags!.split(" "), page);
  }
  expect(named).toBeGreaterThan(2);
});

test("every npm script and every suite that a page names exists", async () => {
  const { scripts } = await manifest();
  const suites = await readdir(join(ROOT, "bench"));
  let named = 0;
  for (const page of await pages()) {
    const text = await readFile(join(ROOT, page), "utf8");
    for (const [, name, suite] of text.matchAll(/npm run\s+(?:-s\s+)?([\w:]+)(?:\s+--\s+([a-z]+(?:-[a-z]+)*))?/g)) {
      named++;
      expect(scripts, `${page}: npm run ${name}`).toHaveProperty([name!]);
      if (name === "bench" && suite !== undefined) expect(suites, page).toContain(`${suite}.ts`);
    }
  }
  expect(named).toBeGreaterThan(10);
});

test("every version that a page names is the package's", async () => {
  const { version } = await manifest();
  let named = 0;
  for (const page of await pages()) {
    for (const [, found] of (await readFile(join(ROOT, page), "utf8")).matchAll(
      /(?:\/sdk\/|nearfeed-)(\d+\.\d+\.\d+)/g,
    )) {
      named++;
      expect(found, page).toBe(version);
    }
  }
  expect(named).toBeGreaterThan(3);
});

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as Manifest;
}

/** One a line; what a comment says and lines that go on from a backslash are put right. */
function commandsOf(text: string): string[] {
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines.map((line) => line.replace(/(^|\s)#.*/, "").trim()).filter((line) => line !== "");
}

async function checkCommand(command: string, scripts: Manifest["scripts"], where: string): Promise<void> {
  const [program, ...words] = command.split(/\s+/);
  if (program === "npm") {
    const [first, second] = words.filter((word) => word !== "-s");
    const script = first === "run" ? second! : first!;
    if (!NPM.has(script)) expect(scripts, where).toHaveProperty([script]);
    if (script === "start") await checkFlags("dev", words, where);
  } else if (program === "npx" && words[0] === "nearfeed") {
    await checkFlags(words[1]!, words.slice(2), where);
  } else if (program === "npx" && words[0] === "wrangler") {
    await checkWrangler(words.slice(1), where);
  } else if (program === "npx") {
    expect(["vite"], where).toContain(words[0]);
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
  for (const flag of words.filter((word) => /^--\w/.test(word) && word !== "--help"))
    expect(await text, where).toContain(`${flag} `);
}

/** What stands behind a command of wrangler: a value, a file that is read, a flag. */
const NO_COMMAND = /^-|^<$|[./_]|^nearfeed|-secret$/;

/** The command is one of the pinned wrangler's, and its help names every flag. */
async function checkWrangler(words: readonly string[], where: string): Promise<void> {
  const end = words.findIndex((word) => NO_COMMAND.test(word) || /^[A-Z_]+$/.test(word));
  const command = (end < 0 ? words : words.slice(0, end)).join(" ");
  let text = help.get(`wrangler ${command}`);
  if (!text) {
    const args = [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...command.split(" "), "--help"];
    const env = { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };
    text = promisify(execFile)(process.execPath, args, { env }).then(({ stdout }) => stdout);
    help.set(`wrangler ${command}`, text);
  }
  // Of a command that does not exist, wrangler shows the help of what stands before it.
  expect((await text).split("\n")[0], where).toMatch(new RegExp(`^wrangler ${command}(?: [<[]|$)`));
  for (const [flag] of words.map((word) => word.split("=")).filter(([word]) => /^--\w/.test(word!))) {
    expect(await text, where).toContain(`${flag} `);
  }
}
