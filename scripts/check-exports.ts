/**
 * Packs the package as `npm publish` would, unpacks it beside its dependencies and holds it to its promises: every
 * entry has its files, loads in Node (where it is meant to), type-checks for a user; the CLI starts; no file is over the limit
 * of a CDN and none carries wasm as text. The browser entries run in the browser tests.
 */
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";

/** The wasm of onnxruntime-web is the largest by far (14.2 MB). */
const MAX_FILE_BYTES = 15_000_000;

const root = join(import.meta.dirname, "..");
const work = await mkdtemp(join(tmpdir(), "nearfeed-pack-"));
const failures: string[] = [];
try {
  const installed = await install();
  await checkFiles(installed);
  await checkEntries(installed);
  await checkCli();
} finally {
  await rm(work, { recursive: true, force: true });
}
for (const failure of failures) console.error(`exports: ${failure}`);
console.log(failures.length === 0 ? "exports: all entries load and type-check from the packed package" : "");
process.exitCode = failures.length === 0 ? 0 : 1;

/** @returns the folder of the package as a user would have it, its dependencies linked from here. */
async function install(): Promise<string> {
  const packed = await run("npm", ["pack", "--silent", "--pack-destination", work], { cwd: root, quiet: true });
  const archive = packed.output.trim().split("\n").at(-1) ?? "";
  const modules = join(work, "node_modules");
  const installed = join(modules, "nearfeed");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", join(work, archive), "--strip-components=1", "-C", installed]);
  for (const name of await readdir(join(root, "node_modules"))) {
    if (!name.startsWith(".")) await symlink(join(root, "node_modules", name), join(modules, name));
  }
  return installed;
}

async function checkFiles(installed: string): Promise<void> {
  for (const name of await readdir(installed, { recursive: true })) {
    const path = join(installed, name);
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) failures.push(`${name} has ${size} bytes, over ${MAX_FILE_BYTES}`);
    if (/\.(js|html)$/.test(name) && (await readFile(path, "utf8")).includes("data:application/wasm")) {
      failures.push(`${name} carries wasm as a data: URL`);
    }
  }
}

async function checkEntries(installed: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === "object");
  const names = entries.map(([entry]) => `nearfeed${entry.slice(1)}`);
  for (const [entry, target] of entries) {
    for (const path of Object.values(target)) {
      const exists = await stat(join(installed, path)).catch(() => undefined);
      if (!exists) failures.push(`${entry} names ${path}, which is not in the package`);
    }
  }
  for (const name of names) {
    // The Durable Object classes of the edge exist only in workerd; the deploy step bundles them.
    if (name === "nearfeed/edge") continue;
    await check(`import("${name}") in Node`, "node", ["--input-type=module", "-e", `await import("${name}")`]);
  }
  const source = names.map(
    (name, i) => `import * as entry${i} from "${name}";\nexport const keys${i} = Object.keys(entry${i});`,
  );
  await writeFile(join(work, "user.ts"), `${source.join("\n")}\n`);
  const types = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"];
  const libs = ["--target", "es2022", "--lib", "es2023,esnext.disposable,dom,dom.iterable"];
  await check("types for a user", "tsc", [...types, ...libs, "user.ts"]);
}

async function checkCli(): Promise<void> {
  await check("nearfeed --version", "node", ["node_modules/nearfeed/bin/nearfeed.js", "--version"]);
}

async function check(what: string, command: string, args: string[]): Promise<void> {
  const { code, output } = await run(command, args, { cwd: work, quiet: true });
  if (code !== 0) failures.push(`${what} failed:\n${output.trim()}`);
}
