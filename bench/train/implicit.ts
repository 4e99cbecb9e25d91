/** Times the Python package `implicit` on a matrix, where NEARFEED_IMPLICIT names a Python that has it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run.ts";
import type { SparseRows } from "../../trainer/items/interactions.ts";

const SCRIPT = join(import.meta.dirname, "rival.py");

/** Its unobserved weight is 1: an observed entry counts 1/α as much, α = .1. */
const WEIGHT = 10;
/** Its default. Time does not depend on it. */
const REGULARIZATION = 0.01;

export interface ImplicitOptions {
  readonly dim: number;
  readonly sweeps: number;
  readonly threads: number;
  readonly samples: number;
}

/** @returns the seconds of each fit, by solver; nothing, and a message, where there is no such Python */
export async function runImplicit(matrix: SparseRows, options: ImplicitOptions): Promise<Map<string, number[]>> {
  const seconds = new Map<string, number[]>();
  const python = process.env["NEARFEED_IMPLICIT"];
  if (!python) {
    console.error("skipped: the rival `implicit`; NEARFEED_IMPLICIT names no Python that has it");
    return seconds;
  }
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-implicit-"));
  try {
    await writeFile(join(folder, "start.bin"), matrix.start);
    await writeFile(join(folder, "column.bin"), matrix.column);
    const { dim, sweeps, threads, samples } = options;
    const numbers = [matrix.rows, matrix.columns, dim, sweeps, threads, samples, WEIGHT, REGULARIZATION];
    // Threads of its linear algebra would compete with its own.
    const env = { OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
    const { code, output } = await run(python, [SCRIPT, folder, ...numbers.map(String)], { env, quiet: true });
    if (code !== 0) throw new Error(`${python} could not fit implicit:\n${output}`);
    for (const line of output.split("\n").filter((each) => each.startsWith("{"))) {
      const fit = JSON.parse(line) as { solver: string; seconds: number };
      seconds.set(fit.solver, [...(seconds.get(fit.solver) ?? []), fit.seconds]);
    }
    return seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
