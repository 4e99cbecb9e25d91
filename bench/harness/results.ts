/** The figures that were measured, one file a suite under bench/results/. Every page that shows figures is made of them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseRow, type Row } from "../schema.ts";

const FOLDER = join(import.meta.dirname, "../results");
const BYTES_PER_GIB = 2 ** 30;

/** What a suite gave. */
export interface Result {
  readonly suite: string;
  /** Measures it again. */
  readonly command: string;
  readonly seed: number;
  /** In words. */
  readonly machine: string;
  /** What it was measured of, when, and how long that took; results of before say nothing of it. */
  readonly measured?: Measured;
  readonly rows: readonly Row[];
}

export interface Measured {
  /** See `commitOfTree`. */
  readonly commit: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly seconds: number;
}

/** All there are, by name of the suite. @throws Error naming the file that is none */
export async function readResults(folder: string = FOLDER): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  for (const name of (await readdir(folder)).sort()) {
    const value = JSON.parse(await readFile(join(folder, name), "utf8")) as Partial<Result>;
    const { suite, command, seed, machine, measured, rows } = value;
    const isWhole = [suite, command, machine].every((each) => typeof each === "string") && Number.isInteger(seed);
    if (!isWhole || name !== `${suite}.json` || !Array.isArray(rows)) {
      throw new Error(`bench/results/${name} is no result of a suite of that name`);
    }
    const facts = { suite, command, seed, machine, ...(measured && { measured }) };
    results.set(suite!, { ...facts, rows: rows.map(parseRow) } as Result);
  }
  return results;
}

export async function writeResult(result: Omit<Result, "machine">): Promise<void> {
  const { rows, measured, ...facts } = result;
  const whole: Result = { ...facts, machine: describeMachine(), ...(measured && { measured }), rows };
  await writeFile(join(FOLDER, `${result.suite}.json`), formatResult(whole));
}

/** One row a line, so that a change of a figure is a change of a line. */
export function formatResult({ rows, ...facts }: Result): string {
  const head = Object.entries(facts).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`);
  return `{\n${head.join("")}  "rows": [\n${rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n")}\n  ]\n}\n`;
}

/** The machine in words. */
export function describeMachine(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() || process.arch;
  const memory = `${Math.round(totalmem() / BYTES_PER_GIB)} GiB`;
  return `${cores.length} × ${model}, ${memory}, ${process.platform}, Node ${process.versions.node}`;
}
