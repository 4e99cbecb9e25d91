/**
 * `npm run build`: the whole package into dist/. `node scripts/build.ts --browser` builds only what browsers and the local
 * edge need beside the sources, and only when a source is newer than the last build.
 */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildBrowser, isBrowserFresh } from "./build-browser.ts";
import { buildKernel, packKernels } from "./build-kernel.ts";
import { run } from "./run.ts";

const root = join(import.meta.dirname, "..");

if (process.argv.includes("--browser")) {
  const browser = async () => (await isBrowserFresh(root)) || buildBrowser(root);
  await Promise.all([buildKernel(root), browser()]);
} else {
  await rm(join(root, "dist"), { recursive: true, force: true });
  const compiled = await run("tsc", ["-b", "shared", "edge", "client-sdk", "trainer"], { cwd: root });
  if (compiled.code !== 0) process.exit(compiled.code);
  await packKernels(root);
  await copySparkJob(root);
  await buildBrowser(root);
}

/** The job's files lie beside what starts it: Python, and what it reads. */
async function copySparkJob(of: string): Promise<void> {
  const isOfJob = (path: string) => path.endsWith("spark") || /\/[a-z_]+\.(py|txt|json)$/.test(path);
  await cp(join(of, "trainer/spark"), join(of, "dist/trainer/spark"), { recursive: true, filter: isOfJob });
}
