/**
 * Packs the package as `npm publish` would, unpacks it into an empty project and holds it to its promises: it carries
 * what it should and nothing else; the SDK loads and type-checks with nothing but the dependencies, every entry does with
 * the optional packages; the CLI starts and trains. What browsers do with it is in test/delivery.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installCommand } from "../trainer/package-root.ts";
import { run } from "./run.ts";

/** The wasm of onnxruntime-web is the largest by far (14.2 MB). */
const MAX_FILE_BYTES = 15_000_000;
/** What `npm install nearfeed` downloads: the wasm compresses to 3.5 MB, and the rest is text. */
const MAX_PACKED_BYTES = 5_000_000;

/** All that may be in the package. No sources, tests, maps, data sets or build states. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^bin\/nearfeed\.js$/,
  /^dist\/browser\/([\w-]+\.js|ort-wasm-simd-threaded\.wasm)$/,
  /^dist\/client-sdk\/[\w/-]+\.d\.ts$/,
  /^dist\/(edge|shared|trainer)\/[\w/-]+\.(js|d\.ts|wasm)$/,
  /^dist\/trainer\/estimate\/measured\.json$/,
  /^dist\/trainer\/spark\/([a-z_]+\.py|requirements\.txt|settings\.json)$/,
  /^dist\/kernel\/(scan|ials|encoder|encoder-fused)\.wasm$/,
];

/** Entries of the browser's side: they work without any optional package. */
const ALONE = ["nearfeed", "nearfeed/protocol"];

/** What a new project of vite sets, but declarations are checked as well. */
const STRICT = ["--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022"];

/** Events of a training that takes a second, and enough of different pairs for a second thread. */
const TRAINING_ROWS = 30_300;
/** Enough for several events of each of its people. */
const DEEP_ROWS = 6_010;

const root = join(import.meta.dirname, "..");
const work = await mkdtemp(join(tmpdir(), "nearfeed-pack-"));
const modules = join(work, "node_modules");
const installed = join(modules, "nearfeed");
const failures: string[] = [];
let size = "";
try {
  const manifest = await install();
  await checkFiles();
  await link(Object.keys(manifest.dependencies));
  await checkTypes("types without optional packages", ALONE, []);
  await cp(join(root, "examples/embed/main.ts"), join(work, "embed.ts"));
  await check("types of examples/embed", "tsc", [...STRICT, "--lib", "es2022,dom,dom.iterable", "embed.ts"]);
  for (const name of ALONE) await checkImport(name);
  await checkMissing();
  await link(await packagesOf(join(root, "node_modules")));
  await checkEntries(manifest);
  await check("nearfeed --version", "node", ["node_modules/nearfeed/bin/nearfeed.js", "--version"]);
  await checkTraining();
} finally {
  await rm(work, { recursive: true, force: true });
}
for (const failure of failures) console.error(`exports: ${failure}`);
if (failures.length === 0) console.log(`exports: all entries load and type-check from the packed package (${size})`);
process.exitCode = failures.length === 0 ? 0 : 1;

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly exports: Record<string, string | Record<string, string>>;
}

/** Unpacks the package into an empty project. */
async function install(): Promise<Manifest> {
  const packed = await run("npm", ["pack", "--silent", "--pack-destination", work], { cwd: root, quiet: true });
  const archive = join(work, packed.output.trim().split("\n").at(-1) ?? "");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", archive, "--strip-components=1", "-C", installed]);
  const bytes = (await stat(archive)).size;
  size = `${(bytes / 1e6).toFixed(1)} MB packed`;
  if (bytes > MAX_PACKED_BYTES) failures.push(`the package has ${bytes} bytes, over ${MAX_PACKED_BYTES}`);
  return JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as Manifest;
}

async function checkFiles(): Promise<void> {
  let bytes = 0;
  for (const entry of await readdir(installed, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(installed.length + 1);
    const content = await readFile(path);
    bytes += content.length;
    if (!ALLOWED.some((pattern) => pattern.test(name))) failures.push(`${name} does not belong into the package`);
    if (content.length > MAX_FILE_BYTES) failures.push(`${name} has ${content.length} bytes, over ${MAX_FILE_BYTES}`);
    for (const text of ["data:application/wasm", "sourceMappingURL=", root]) {
      if (content.includes(text)) failures.push(`${name} contains ${text}`);
    }
  }
  size += `, ${(bytes / 1e6).toFixed(1)} MB unpacked`;
}

/** Puts packages of this project into the empty one. */
async function link(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const place = join(modules, name);
    await mkdir(dirname(place), { recursive: true });
    await rm(place, { force: true });
    await symlink(join(root, "node_modules", name), place);
  }
}

async function packagesOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith("."));
  const nested = names.map(async (name) =>
    name.startsWith("@") ? (await readdir(join(folder, name))).map((each) => `${name}/${each}`) : [name],
  );
  return (await Promise.all(nested)).flat();
}

async function checkEntries(manifest: Manifest): Promise<void> {
  const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === "object");
  const names = entries.map(([entry]) => `nearfeed${entry.slice(1)}`);
  for (const [entry, target] of entries) {
    for (const path of Object.values(target)) {
      const exists = await stat(join(installed, path)).catch(() => undefined);
      if (!exists) failures.push(`${entry} names ${path}, which is not in the package`);
    }
  }
  // The Durable Object classes of the edge exist only in workerd; the deploy step bundles them.
  for (const name of names) if (name !== "nearfeed/edge") await checkImport(name);
  await checkTypes("types for a user", names, ["--skipLibCheck"]);
}

async function checkImport(name: string): Promise<void> {
  await check(`import("${name}") in Node`, "node", ["--input-type=module", "-e", `await import("${name}")`]);
}

async function checkTypes(what: string, names: readonly string[], flags: readonly string[]): Promise<void> {
  const source = names.map(
    (name, i) => `import * as entry${i} from "${name}";\nexport const keys${i} = Object.keys(entry${i});`,
  );
  await writeFile(join(work, "user.ts"), `${source.join("\n")}\n`);
  await check(what, "tsc", [...STRICT, "--lib", "es2023,dom,dom.iterable", ...flags, "user.ts"]);
}

/** What is not installed is named before anything is done, with the command that brings all of it. */
async function checkMissing(): Promise<void> {
  await writeFile(join(work, "one.csv"), "user,item,timestamp\nu,i,1700000000\n");
  for (const [flags, command] of [
    [[], installCommand("@duckdb/node-api")],
    [["--deep"], installCommand("@jax-js/jax", "onnx-buf", "@bufbuild/protobuf", "onnxruntime-web")],
  ] as const) {
    const args = ["node_modules/nearfeed/bin/nearfeed.js", "train", "one.csv", ...flags];
    const { code, output } = await run("node", args, { cwd: work, quiet: true });
    if (code === 0 || !output.includes(command))
      failures.push(`train ${flags.join()} does not say "${command}":\n${output}`);
  }
}

/** The trainer finds its kernels and its threads' files where the package has them. */
async function checkTraining(): Promise<void> {
  const rows = Array.from({ length: TRAINING_ROWS }, (_, i) => `u${i % 601},i${(i * 7) % 101},${1_700_000_000 + i}`);
  const fit = join(root, "trainer/datasets/movielens-small/linear-fit.json");
  const train = async (what: string, name: string, count: number, ...flags: string[]) => {
    await writeFile(join(work, name), `user,item,timestamp\n${rows.slice(0, count).join("\n")}\n`);
    const args = [name, "--holdout", "0", "--fit", fit, "--out", name.split(".")[0], "--json", ...flags];
    await check(what, "node", ["node_modules/nearfeed/bin/nearfeed.js", "train", ...args]);
  };
  await train("nearfeed train", "events.csv", TRAINING_ROWS);
  await train("nearfeed train --deep", "few.csv", DEEP_ROWS, "--deep");
}

async function check(what: string, command: string, args: string[]): Promise<void> {
  const { code, output } = await run(command, args, { cwd: work, quiet: true });
  if (code !== 0) failures.push(`${what} failed:\n${output.trim()}`);
}
