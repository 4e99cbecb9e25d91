/** Runs the job as `nearfeed spark` does, and reads what it wrote. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBValue } from "@duckdb/node-api";
import { openDatabase, quote } from "../../../trainer/read/duckdb.ts";
import { runSparkJob, type SparkJobOptions, type SparkReport } from "../../../trainer/spark/run-job.ts";

/** For logs of thousands of events, of which starting and compiling is most of the work. */
export const SMALL_CONF = [
  "spark.sql.shuffle.partitions=2",
  "spark.sql.codegen.wholeStage=false",
  "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
];

export interface SparkRun extends Partial<Omit<SparkJobOptions, "args">> {
  readonly python: string;
  readonly log: string;
  readonly out: string;
  readonly args?: readonly string[];
}

/** @throws NearfeedError the job's own */
export function runSpark({ python, log, out, args = [], ...options }: SparkRun): Promise<SparkReport> {
  return runSparkJob({
    python,
    master: "local[2]",
    memory: "1g",
    conf: SMALL_CONF,
    env: process.env,
    signal: new AbortController().signal,
    ...options,
    args: [`--log=${log}`, `--out=${out}`, ...args],
  });
}

/** Rows of one of the tables of a run, in the order of what is asked for. */
export async function tableOf(out: string, table: string, columns: string): Promise<Record<string, DuckDBValue>[]> {
  const { run } = JSON.parse(await readFile(join(out, "manifest.json"), "utf8")) as { run: string };
  using database = await openDatabase();
  return await database.rows(
    `SELECT ${columns} FROM read_parquet(${quote(join(out, run, table, "*.parquet"))}) ORDER BY ALL`,
  );
}
