/**
 * An event log of ten million rows through the Spark job, on two cores as one process and as a cluster of two workers, and through the
 * trainer's own reading: seconds, and the most memory that all processes of each held. Zipf items, planted tastes, one person with a
 * hundredth of all lists and one item in half of them. Needs Python 3 and Java 17. `NEARFEED_SPARK_EVENTS` sets another number of events.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sparkPython } from "../test/harness/spark/spark-python.ts";
import { syntheticLog } from "../test/harness/spark/synthetic-log.ts";
import { writeLog } from "../test/harness/spark/write-log.ts";
import { JOB_FOLDER, jobEnvironment, type SparkReport } from "../trainer/spark/run-job.ts";
import { measureProcess, type Measured } from "./harness/measure-process.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const EVENTS = Number(process.env["NEARFEED_SPARK_EVENTS"] ?? 10_000_000);
const QUICK_EVENTS = 200_000;
const EVENTS_A_PERSON = 100;
const ITEMS = 50_000;
const QUICK_ITEMS = 2_000;
const DAYS = 30;
const CLUSTERS = 20;
const PER_PART = 20_000;
const SKEW = { person: 0.01, item: 0.5 };

/** What `train` holds out by default. */
const HOLDOUT = 10;

/** Memory of the driver; in a cluster it does none of the work. */
const MEMORY = "2g";
const CLUSTER_DRIVER = "1g";

/** Two for each core: shuffles of a million rows each. */
const CONF = ["spark.sql.shuffle.partitions=16"];

/** What a Node with a log of ten million events in arrays of text needs. */
const HEAP_MB = 12_000;

const OWN = "the trainer's own, DuckDB";

const MASTERS = [
  { variant: "local[2]", name: "local", master: "local[2]", memory: MEMORY, conf: CONF },
  {
    variant: "local-cluster[2,1,2048]",
    name: "cluster",
    master: "local-cluster[2,1,2048]",
    memory: CLUSTER_DRIVER,
    conf: [...CONF, "spark.executor.memory=2g"],
  },
];

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const spark = await sparkPython();
  if (spark.missing !== undefined) throw new Error(spark.missing);
  const { python } = spark;
  const events = quick ? QUICK_EVENTS : EVENTS;
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-bench-"));
  try {
    const log = join(folder, "events");
    const parts = syntheticLog({
      events,
      people: Math.round(events / EVENTS_A_PERSON),
      items: quick ? QUICK_ITEMS : ITEMS,
      clusters: CLUSTERS,
      days: DAYS,
      seed,
      perPart: PER_PART,
      skew: SKEW,
    });
    await writeLog(folder, parts);
    // The trainer's reading knows of no requests that wait: compaction is the edge's.
    await rm(join(folder, "forgotten"), { recursive: true });
    for (const { variant, name, ...how } of MASTERS) {
      const env = jobEnvironment({ python, ...how, env: process.env });
      const out = join(folder, name);
      const args = [join(JOB_FOLDER, "job.py"), `--log=${log}`, `--out=${out}`, `--holdout=${HOLDOUT}`, "--sample=1"];
      const measured = await measureProcess(python, args, env);
      const report = JSON.parse(measured.output.trim().split("\n").at(-1)!) as SparkReport;
      yield* rowsOf(variant, measured, `${events} rows, ${report.events} events left; ${stepsOf(report.steps)}`, seed);
    }
    const here = join(import.meta.dirname, "spark/prepare-here.ts");
    const args = [`--max-old-space-size=${HEAP_MB}`, here, log, String(HOLDOUT)];
    const measured = await measureProcess(process.execPath, args, process.env);
    const { events: left, steps } = JSON.parse(measured.output) as { events: number; steps: Record<string, number> };
    yield* rowsOf(OWN, measured, `${events} rows, ${left} events left; ${stepsOf(steps)}`, seed);
    const [{ variant, name }] = MASTERS;
    const compared = await measureProcess(process.execPath, [...args, join(folder, name)], process.env);
    const { worth } = JSON.parse(compared.output) as { worth: { own: number; spark: number } };
    const note = "NDCG@10 of held-out likes by vectors alone";
    yield { id: "spark-10m-quality", unit: "NDCG", variant, value: worth.spark, seed, note };
    yield { id: "spark-10m-quality", unit: "NDCG", variant: OWN, value: worth.own, seed, note };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function* rowsOf(variant: string, { seconds, peakBytes }: Measured, note: string, seed: number): Iterable<Row> {
  yield { id: "spark-10m-events", unit: "s", variant, value: seconds, seed, note };
  yield { id: "spark-10m-memory", unit: "bytes", variant, value: peakBytes, seed };
}

function stepsOf(steps: Readonly<Record<string, number>>): string {
  return Object.entries(steps)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(0)} s`)
    .join(", ");
}
