/**
 * Compiles the kernels of kernel/ with AssemblyScript, when they are older than their sources. The edge imports scan.wasm and
 * the trainer reads its own from there, and both from dist/kernel in the package; scores.wasm goes into the SDK as text. Run
 * alone (`node scripts/build-kernel.ts [name]`) or by what needs one.
 */
import { copyFile, mkdir, readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

const NAMES = ["scan", "scores", "ials", "encoder", "encoder-fused"] as const;

/**
 * What searches (scan, for the edge), what scores every row (scores, for devices), what fits vectors and trains the encoder (ials and
 * encoder, for the trainer; encoder-fused is encoder, for machines that multiply and add at once).
 */
export type KernelName = (typeof NAMES)[number];

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

/** Threads of the trainer share its memory, of up to 4 GiB. */
const SHARED_FLAGS = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];

const MORE_FLAGS: Readonly<Record<KernelName, readonly string[]>> = {
  scan: [],
  scores: [],
  ials: SHARED_FLAGS,
  encoder: SHARED_FLAGS,
  "encoder-fused": [...SHARED_FLAGS, "--enable", "relaxed-simd"],
};

/** Kernels that are files of the package. */
const PACKED: readonly KernelName[] = ["scan", "ials", "encoder", "encoder-fused"];

/**
 * Builds a kernel if it is not fresh.
 *
 * @param root the project's folder
 * @returns the path of the wasm file
 * @throws Error with what the compiler said
 */
export async function buildKernel(root: string, name: KernelName = "scan"): Promise<string> {
  const source = join(root, `kernel/${name === "encoder-fused" ? "encoder" : name}.ts`);
  const built = join(root, `kernel/${name}.wasm`);
  // A change of the compiler or of these flags counts as well.
  const sources = [...(await kernelSources(root)), join(root, "package.json"), import.meta.filename];
  const changed = await Promise.all(sources.map(changedMs));
  if ((await changedMs(built)) > Math.max(...changed)) return built;
  // Two processes may build at once: each writes a file of its own, and the whole file appears.
  const draft = `${built}.${process.pid}`;
  const flags = [...FLAGS, ...MORE_FLAGS[name]];
  const { code, output } = await run("asc", [source, "--outFile", draft, ...flags], { cwd: root, quiet: true });
  if (code !== 0) throw new Error(`asc could not compile ${source}:\n${output.trim()}`);
  await rename(draft, built);
  return built;
}

/** Builds those that are files of the package, and puts them where the compiled edge and trainer find them. */
export async function packKernels(root: string): Promise<void> {
  await mkdir(join(root, "dist/kernel"), { recursive: true });
  for (const name of PACKED) {
    await copyFile(await buildKernel(root, name), join(root, `dist/kernel/${name}.wasm`));
  }
}

/** The scores kernel as the text that the SDK carries: no file more to find for bundlers, and none to fetch. */
export async function scoresKernelText(root: string): Promise<string> {
  return (await readFile(await buildKernel(root, "scores"))).toString("base64");
}

/** Every source, for they import each other: a kernel is built in a second or two. */
async function kernelSources(root: string): Promise<string[]> {
  const names = await readdir(join(root, "kernel"), { recursive: true });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(root, "kernel", name));
}

async function changedMs(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}

if (import.meta.main) {
  const name = NAMES.find((each) => each === (process.argv[2] ?? "scan"));
  if (!name) throw new Error(`There is no kernel ${process.argv[2]}; there are ${NAMES.join(", ")}.`);
  await buildKernel(join(import.meta.dirname, ".."), name);
}
