/**
 * A Python with PySpark for the tests: `NEARFEED_PYTHON`, or a virtual environment of our own under node_modules/.cache, made once
 * from the job's requirements. Where Python 3, Java 17 or a package is missing it says which, and nothing fails.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { JOB_FOLDER, missingForSpark } from "../../../trainer/spark/run-job.ts";

const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/nearfeed-spark");

/** Long enough for 450 MB over a slow line; a registry that does not answer must not hold up the check. */
const INSTALL_TIMEOUT_MS = 400_000;

export type SparkPython =
  | { readonly python: string; readonly missing?: undefined }
  | { readonly python?: undefined; readonly missing: string };

/** @param packages wanted beside those of the job */
export function sparkPython(packages: readonly string[] = []): SparkPython {
  const given = process.env["NEARFEED_PYTHON"];
  const made = given === undefined ? virtualEnvironment(packages) : { python: given };
  if (made.missing !== undefined) return made;
  const missing = missingForSpark(made.python, process.env);
  return missing ? { missing: missing.message } : made;
}

function virtualEnvironment(packages: readonly string[]): SparkPython {
  // Java first: without it there is no use in 450 MB of Spark.
  const java = missingForSpark("python3", process.env);
  if (java?.message.includes("Java")) return { missing: java.message };
  const requirements = join(JOB_FOLDER, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8") + packages.join("\n");
  const folder = join(CACHE, createHash("sha256").update(wanted).digest("hex").slice(0, 12));
  const python = join(folder, "bin/python");
  if (existsSync(join(folder, "whole"))) return { python };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { encoding: "utf8", timeout: INSTALL_TIMEOUT_MS });
  const made = run("python3", "-m", "venv", folder);
  if (made.error) return { missing: "Python 3 is not on this machine" };
  if (made.status !== 0)
    return { missing: `python3 makes no virtual environment: ${lastLine(made.stdout + made.stderr)}` };
  const installed = run(
    python,
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-r",
    requirements,
    ...packages,
  );
  if (installed.status !== 0) return { missing: `pip installs no PySpark: ${lastLine(installed.stderr)}` };
  mkdirSync(join(folder, "whole"));
  return { python };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
