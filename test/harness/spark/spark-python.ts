/**
 * A Python with PySpark for the tests: `NEARFEED_PYTHON`, or a virtual environment of our own under node_modules/.cache, made once
 * from the job's requirements. Where Python 3, Java 17 or a package is missing it says which, and nothing fails.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { JOB_FOLDER, missingForSpark } from "../../../trainer/spark/run-job.ts";
import { tryRun } from "./try-run.ts";

const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/nearfeed-spark");

/** Long enough for 450 MB over a slow line; a registry that does not answer must not hold up the check. */
const INSTALL_TIMEOUT_MS = 400_000;

export type SparkPython =
  | { readonly python: string; readonly missing?: undefined }
  | { readonly python?: undefined; readonly missing: string };

/** @param packages wanted beside those of the job */
export async function sparkPython(packages: readonly string[] = []): Promise<SparkPython> {
  const given = process.env["NEARFEED_PYTHON"];
  const made = given === undefined ? await virtualEnvironment(packages) : { python: given };
  if (made.missing !== undefined) return made;
  const missing = missingForSpark(made.python, process.env);
  return missing ? { missing: missing.message } : made;
}

async function virtualEnvironment(packages: readonly string[]): Promise<SparkPython> {
  // Java first: without it there is no use in 450 MB of Spark.
  const java = missingForSpark("python3", process.env);
  if (java?.message.includes("Java")) return { missing: java.message };
  const requirements = join(JOB_FOLDER, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8") + packages.join("\n");
  const folder = join(CACHE, createHash("sha256").update(wanted).digest("hex").slice(0, 12));
  const python = join(folder, "bin/python");
  const whole = join(folder, "whole");
  if (existsSync(whole)) return { python };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const made = await tryRun("python3", ["-m", "venv", folder], INSTALL_TIMEOUT_MS);
  if (made !== undefined) return { missing: `Python 3 makes no virtual environment: ${made}` };
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements, ...packages];
  const installed = await tryRun(python, pip, INSTALL_TIMEOUT_MS);
  if (installed !== undefined) return { missing: `pip installs no PySpark: ${installed}` };
  mkdirSync(whole);
  return { python };
}
