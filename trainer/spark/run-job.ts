/** Starts the Spark job (job.py) on this machine and says how it goes. What the job does is the business of the files in Python. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isErrorCode, NearfeedError } from "../../shared/errors.ts";

export interface SparkJobOptions {
  /** A Python that has what requirements.txt names. */
  readonly python: string;
  /** As Spark understands it: `local[2]`, `spark://…`. */
  readonly master: string;
  /** Of the driver, which on one machine does all the work: `2g`. */
  readonly memory: string;
  /** Spark settings, `name=value`. */
  readonly conf: readonly string[];
  /** Arguments of job.py. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStep?: (name: string) => void;
  readonly signal: AbortSignal;
}

/** What the job says at its end. */
export interface SparkReport {
  readonly out: string;
  /** Days that were read now; all others were read by runs before. */
  readonly daysRead: readonly string[];
  readonly days: number;
  readonly rows: {
    readonly read: number;
    readonly bad: number;
    readonly samples: readonly {
      readonly file: string;
      readonly row: number;
      readonly field: string;
      readonly problem: string;
    }[];
  };
  readonly events: number;
  readonly people: number;
  readonly items: number;
  readonly sample: { readonly share: number; readonly seed: number; readonly events: number };
  readonly vectors: { readonly dim: number; readonly space: string; readonly count: number };
  readonly seconds: number;
  readonly steps: Readonly<Record<string, number>>;
}

/** Folder of the job's files: beside this one, in a clone as in an install. */
export const JOB_FOLDER = import.meta.dirname;

/** The oldest Java that Spark 4 runs on. */
const JAVA = 17;

/** Of what Spark says, for a job that ends without a word of its own. */
const LAST_CHARS = 2_000;

const LOOPBACK = "127.0.0.1";

/** What is missing for the job to run; undefined where nothing is. */
export function missingForSpark(python: string, env: NodeJS.ProcessEnv): NearfeedError | undefined {
  const java = spawnSync(env["JAVA_HOME"] ? join(env["JAVA_HOME"], "bin/java") : "java", ["-version"], {
    env,
    encoding: "utf8",
  });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? "")?.[1] ?? 0);
  if (version < JAVA) {
    const got = version === 0 ? "there is none on this machine" : `this is Java ${version}`;
    return new NearfeedError("missing_dependency", `Spark needs Java ${JAVA} or newer; ${got}`, {
      hint: `Install Java ${JAVA} (openjdk-${JAVA}-jre-headless), or set JAVA_HOME.`,
    });
  }
  const found = spawnSync(python, ["-c", "import pyspark, numpy, pyarrow"], { env, encoding: "utf8" });
  if (found.status === 0) return undefined;
  const reason = found.error ? `${python} cannot be started` : (found.stderr.trim().split("\n").at(-1) ?? "");
  return new NearfeedError("missing_dependency", `Spark needs a Python with PySpark: ${reason}`, {
    path: "--python",
    hint: `python3 -m venv spark && spark/bin/pip install -r ${join(JOB_FOLDER, "requirements.txt")}, then --python spark/bin/python`,
  });
}

/**
 * Runs the job to its end. Interrupted, all its processes end, and the output is as it was.
 *
 * @throws NearfeedError the job's own, or `missing_dependency`
 */
export async function runSparkJob(options: SparkJobOptions): Promise<SparkReport> {
  const { python, args, onStep, signal } = options;
  const env = jobEnvironment(options);
  const missing = missingForSpark(python, env);
  if (missing) throw missing;
  signal.throwIfAborted();
  const child = spawn(python, [join(JOB_FOLDER, "job.py"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that Java and the workers can be ended with it.
    detached: true,
  });
  const stop = () => process.kill(-child.pid!, "SIGTERM");
  signal.addEventListener("abort", stop);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-LAST_CHARS)));
  let last: unknown;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const told = parsed(line);
    if (told === undefined) return;
    if ("step" in told) onStep?.(String(told["step"]));
    else last = told;
  });
  try {
    const [code, ended] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (...how) => resolve(how));
    });
    signal.throwIfAborted();
    return resultOf(last, ended ?? `exit code ${code}`, said);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The environment that job.py is started with. */
export function jobEnvironment({
  python,
  master,
  memory,
  conf,
  env,
}: Pick<SparkJobOptions, "python" | "master" | "memory" | "conf" | "env">): NodeJS.ProcessEnv {
  const settings = ["spark.ui.enabled=false", "spark.ui.showConsoleProgress=false", ...conf];
  const quoted = settings.map((each) => `--conf "${each.replaceAll('"', '\\"')}"`).join(" ");
  return {
    // Spark then neither listens elsewhere nor looks for this machine's name.
    SPARK_LOCAL_IP: LOOPBACK,
    ...env,
    PYSPARK_PYTHON: python,
    PYSPARK_SUBMIT_ARGS: `--master ${master} --driver-memory ${memory} ${quoted} pyspark-shell`,
  };
}

/** A line that is one of the job's own. */
function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function resultOf(last: unknown, how: string, said: string): SparkReport {
  const told = last as (SparkReport & { error?: undefined }) | { error: Record<string, string> } | undefined;
  if (told === undefined) {
    throw new NearfeedError("internal", `The Spark job ended without a result (${how}); the output is as it was`, {
      hint: said.trim().split("\n").slice(-3).join(" "),
    });
  }
  if (told.error === undefined) return told as SparkReport;
  const { code, message, path, hint } = told.error;
  const detail = code === "internal" ? `${hint} ${said}` : hint;
  throw new NearfeedError(isErrorCode(code) ? code : "internal", message, { path, hint: detail });
}
