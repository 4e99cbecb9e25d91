/** The rival of trees: LightGBM on the features of the ranker, where NEARFEED_LIGHTGBM names a Python that has it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run.ts";

const SCRIPT = join(import.meta.dirname, "boosted-trees.py");

export interface TreeInput {
  /** `[n, columns]` and `[m, columns]` */
  readonly train: Float32Array;
  readonly test: Float32Array;
  /** `[n]` 0 or 1 */
  readonly label: Uint8Array;
  /** `[n]` 1 for rows of people on whom the trees are chosen. */
  readonly held: Uint8Array;
  /** `[n]` the group whose rows are ordered among each other. */
  readonly group: Uint32Array;
  readonly columns: number;
  readonly seed: number;
}

/** Log-odds of the test rows, by trees that are chosen by log loss and by GAUC. */
export interface TreeScores {
  readonly loss: Float64Array;
  readonly order: Float64Array;
}

/** Undefined, and a message, where there is no such Python. */
export async function boostedTrees(input: TreeInput): Promise<TreeScores | undefined> {
  const python = process.env["NEARFEED_LIGHTGBM"];
  if (!python) {
    console.error("skipped: the rival `gbdt`; NEARFEED_LIGHTGBM names no Python that has lightgbm");
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-trees-"));
  try {
    for (const name of ["train", "test", "label", "held", "group"] as const) {
      await writeFile(join(folder, `${name}.bin`), input[name]);
    }
    const { code, output } = await run(python, [SCRIPT, folder, String(input.columns), String(input.seed)], {
      quiet: true,
    });
    if (code !== 0) throw new Error(`${python} could not fit lightgbm:\n${output}`);
    const scores = async (name: string) => {
      const bytes = await readFile(join(folder, `${name}.bin`));
      return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    };
    return { loss: await scores("loss"), order: await scores("order") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
