/**
 * An empty project with the packed package in it, as `npm pack` and `npm install` make it. The one dependency comes from
 * this project's own node_modules, so that nothing is downloaded.
 */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run.ts";
import { ROOT } from "../harness/dev-stack.ts";

export interface InstalledApp {
  /** Holds `index.html` and `main.js`, which imports "nearfeed" by name. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Installs what dist/ holds. */
export async function installedApp(): Promise<InstalledApp> {
  const work = await mkdtemp(join(tmpdir(), "nearfeed-host-"));
  const folder = join(work, "app");
  await cp(join(import.meta.dirname, "hosts"), folder, { recursive: true });
  const overrides = { hono: `file:${join(ROOT, "node_modules/hono")}` };
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "app", private: true, type: "module", overrides }),
  );
  const archive = (await npm(["pack", "--ignore-scripts", `--pack-destination=${work}`], ROOT)).split("\n").at(-1)!;
  await npm(["install", "--offline", `--cache=${join(work, "cache")}`, join(work, archive)], folder);
  return { folder, remove: () => rm(work, { recursive: true, force: true }) };
}

/** @returns what it printed. @throws Error where it fails */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const quiet = ["--silent", "--no-audit", "--no-fund", "--no-update-notifier"];
  const { code, output } = await run("npm", [...args, ...quiet], { cwd, quiet: true });
  if (code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${output}`);
  return output.trim();
}
