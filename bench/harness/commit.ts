/** Which code is measured. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** What a suite writes itself says nothing of what is measured. */
const PAGES = [":!bench/results", ":!BENCHMARKS.md", ":!README.md", ":!docs"];

/** The commit of this tree in ten digits, with a + where files differ from it; undefined outside of a clone. */
export function commitOfTree(): string | undefined {
  const git = (...args: string[]) => spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  const head = git("rev-parse", "--short=10", "HEAD");
  if (head.status !== 0) return undefined;
  return `${head.stdout.trim()}${git("status", "--porcelain", "--untracked-files=no", "--", ".", ...PAGES).stdout === "" ? "" : "+"}`;
}
