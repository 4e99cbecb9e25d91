/** Finds and compiles the trainer's kernels: from the package, or, in a clone, from kernel/, where they are built first if they are old. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../package-root.ts";
import { wasm, type WasmModule } from "./webassembly.ts";

/** Kernels of the trainer, by the names of their files. `encoder-fused` is `encoder` for machines that multiply and add at once. */
export type TrainerKernel = "ials" | "encoder" | "encoder-fused";

/** @throws WebAssembly.CompileError where the machine's WebAssembly lacks what the kernel is written with */
export async function compileKernel(name: TrainerKernel): Promise<WasmModule> {
  return wasm.compile(await readFile(await findKernel(name)));
}

/** In a clone a kernel is built when it is asked for the first time, which takes seconds. */
async function findKernel(name: TrainerKernel): Promise<string> {
  const script = join(PACKAGE_ROOT, "scripts/build-kernel.ts");
  if (!existsSync(script)) return join(PACKAGE_ROOT, `dist/kernel/${name}.wasm`);
  await promisify(execFile)(process.execPath, [script, name]);
  return join(PACKAGE_ROOT, `kernel/${name}.wasm`);
}
