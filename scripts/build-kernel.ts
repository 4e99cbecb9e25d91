/**
 * Compiles the kernels, kernel/scan.ts and kernel/scores.ts, with AssemblyScript, when they are older than their sources.
 * The edge imports scan.wasm from there, and the package from dist/kernel; scores.wasm goes into the SDK as text. Run alone
 * (`node scripts/build-kernel.ts`) or by what needs one.
 */
import { mkdir, copyFile, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** What searches (scan, for the edge), and what scores every row (scores, for devices). */
export type KernelName = "scan" | "scores";

/** No runtime, no data and no memory of its own: everything is in the functions. */
const FLAGS = [
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--importMemory",
  "--use",
  "abort=",
];

/**
 * Builds a kernel if it is not fresh.
 *
 * @param root the project's folder
 * @returns the path of the wasm file
 * @throws Error with what the compiler said
 */
export async function buildKernel(root: string, name: KernelName = "scan"): Promise<string> {
  const source = join(root, `kernel/${name}.ts`);
  const built = join(root, `kernel/${name}.wasm`);
  // A change of the compiler or of these flags counts as well.
  const sources = [source, join(root, "kernel/exact-score.ts"), join(root, "package.json"), import.meta.filename];
  const changed = await Promise.all(sources.map(changedMs));
  if ((await changedMs(built)) > Math.max(...changed)) return built;
  // Two processes may build at once: each writes a file of its own, and the whole file appears.
  const draft = `${built}.${process.pid}`;
  const { code, output } = await run("asc", [source, "--outFile", draft, ...FLAGS], { cwd: root, quiet: true });
  if (code !== 0) throw new Error(`asc could not compile ${source}:\n${output.trim()}`);
  await rename(draft, built);
  return built;
}

/** Builds it and puts it where the compiled edge finds it. */
export async function packKernel(root: string): Promise<void> {
  const built = await buildKernel(root);
  await mkdir(join(root, "dist/kernel"), { recursive: true });
  await copyFile(built, join(root, "dist/kernel/scan.wasm"));
}

/** The scores kernel as the text that the SDK carries: no file more to find for bundlers, and none to fetch. */
export async function scoresKernelText(root: string): Promise<string> {
  return (await readFile(await buildKernel(root, "scores"))).toString("base64");
}

async function changedMs(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}

if (import.meta.main) await buildKernel(join(import.meta.dirname, ".."));
