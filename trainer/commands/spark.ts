/** `nearfeed spark`: prepares an event log with Spark, on this machine, for `train --prepared`. */
import { join, resolve } from "node:path";
import { NearfeedError } from "../../shared/errors.ts";
import { describeBadRow, parseBadRowLimit } from "../read/bad-rows.ts";
import { JOB_FOLDER, runSparkJob } from "../spark/run-job.ts";
import { formatCount } from "../terminal/terminal.ts";
import { integerOption, listOption, shareOption, textOption } from "./arguments.ts";
import type { Command } from "./command.ts";
import { MAX_SEED } from "./train.ts";

/** What one machine works with unless told otherwise: every core, and memory that leaves room for others. */
const MASTER = "local[*]";
const MEMORY = "2g";

/** As many as `train` holds out. */
const HOLDOUT = 10;

export const spark: Command = {
  summary: "prepare an event log with Spark, for train --prepared",
  usage: "spark <log> --out DIR [options]",
  options: {
    out: {
      type: "string",
      value: "DIR",
      help: "folder of the output, a path or s3a://bucket/folder; a later run goes on from it",
    },
    python: { type: "string", value: "FILE", help: "a Python with PySpark (default $NEARFEED_PYTHON, or python3)" },
    master: { type: "string", value: "MASTER", help: `where Spark runs (default ${MASTER}, this machine)` },
    memory: { type: "string", value: "SIZE", help: `memory of the driver (default ${MEMORY})` },
    conf: {
      type: "string",
      multiple: true,
      value: "NAME=VALUE",
      help: "a setting of Spark, such as spark.jars=… (repeatable)",
    },
    forgotten: {
      type: "string",
      value: "DIR",
      help: "requests to delete (default: the folder forgotten beside the log)",
    },
    sample: {
      type: "string",
      value: "SHARE",
      help: "people whose whole histories train takes, such as 5% (default: about a million events)",
    },
    holdout: {
      type: "string",
      value: "N",
      help: `events of each of them that train may hold out (default ${HOLDOUT})`,
    },
    "max-bad-rows": { type: "string", value: "N|N%", help: "rows that may be unusable (default 1%)" },
    seed: { type: "string", value: "N", help: "of the sample and of the vectors (default 1)" },
  },
  notes: [
    "The log is the folder that holds dt=YYYY-MM-DD/hour=HH/*.ndjson.gz: a path, or s3a://bucket/events.",
    "Days that the output has read already, and whose parts are as they were, are not read again.",
    `Spark needs Java 17 and a Python with what ${join(JOB_FOLDER, "requirements.txt")} names. On a cluster spark-submit runs the same job: docs/scale.md.`,
  ],
  positionals: [1, 1],
  run: async ({ positionals: [log], values, terminal, signal, env }) => {
    const out = textOption(values, "out");
    if (out === undefined)
      throw new NearfeedError("bad_argument", "--out is missing: the folder of the output", { path: "--out" });
    const share = shareOption(values, "sample");
    const seed = integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 });
    const holdout = integerOption(values, "holdout", { min: 0, max: 1000, default: HOLDOUT });
    const badRows = textOption(values, "max-bad-rows") ?? "1%";
    parseBadRowLimit(badRows);
    const forgotten = textOption(values, "forgotten");
    let progress: ReturnType<typeof terminal.start> | undefined;
    const report = await runSparkJob({
      python: textOption(values, "python") ?? env["NEARFEED_PYTHON"] ?? "python3",
      master: textOption(values, "master") ?? MASTER,
      memory: textOption(values, "memory") ?? MEMORY,
      conf: listOption(values, "conf"),
      args: [
        `--log=${placeOf(log)}`,
        `--out=${placeOf(out)}`,
        `--seed=${seed}`,
        `--holdout=${holdout}`,
        `--max-bad-rows=${badRows}`,
        ...(share === undefined ? [] : [`--sample=${share}`]),
        ...(forgotten === undefined ? [] : [`--forgotten=${placeOf(forgotten)}`]),
      ],
      env,
      signal,
      onStep: (name) => {
        progress?.done();
        progress = terminal.start(name);
      },
    });
    progress?.done();
    const { rows, days, daysRead, events, people, items, sample, vectors } = report;
    terminal.say(
      `${formatCount(events)} events of ${formatCount(people)} people on ${formatCount(items)} items, of ${days} days, ${daysRead.length} of them read now`,
    );
    if (rows.bad > 0) {
      terminal.warn(`  ${formatCount(rows.bad)} of ${formatCount(rows.read)} rows cannot be used and are left out:`);
      for (const row of rows.samples.slice(0, 5)) terminal.warn(`    ${describeBadRow(row)}`);
    }
    terminal.say(
      `  ${formatCount(vectors.count)} vectors of space ${vectors.space}, a sample of ${formatCount(sample.events)} events`,
    );
    terminal.say(
      isAddress(out)
        ? `copy ${out}/manifest.json and the folder of runs/ that it names to this machine; nearfeed train --prepared takes it from there`
        : `nearfeed train --prepared ${out} takes it from here`,
    );
    return report;
  },
};

/** A path as Spark takes it from wherever it works; an address as it is. */
function placeOf(name: string): string {
  return isAddress(name) ? name : resolve(name);
}

function isAddress(name: string): boolean {
  return /^[a-z0-9]+:\/\//.test(name);
}
