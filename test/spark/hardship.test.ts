/** The long form: the job killed in the middle, on a disk that is full, and on a log that one person and one item fill. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import { DEFAULT_NEIGHBOURS, fitNeighbours, PERSON_POSITIVES } from "../../trainer/items/neighbours.ts";
import { readDataset } from "../../trainer/read/read-dataset.ts";
import { preparedFor, readPrepared } from "../../trainer/read/read-prepared.ts";
import { JOB_FOLDER, jobEnvironment } from "../../trainer/spark/run-job.ts";
import { expectSameNeighbours } from "../harness/spark/expect-same.ts";
import { IS_LONG } from "../harness/spark/long.ts";
import { type SparkPython, sparkPython } from "../harness/spark/spark-python.ts";
import { runSpark, SMALL_CONF, tableOf } from "../harness/spark/spark-run.ts";
import { type LogLine, syntheticLog } from "../harness/spark/synthetic-log.ts";
import { SMALL_LOG } from "../harness/spark/wild-log.ts";
import { writeLog } from "../harness/spark/write-log.ts";

const spark: SparkPython = IS_LONG ? await sparkPython() : { missing: "it is the long form, npm run test:spark" };
if (spark.missing !== undefined) console.warn(`Spark in hardship is skipped: ${spark.missing}`);

const TABLES = ["interactions", "statistics", "items", "neighbours", "sample"];
const LAST_DAY = "dt=2026-05-04/";
const NO_MOUNT = "no rights to mount a disk";

describe.skipIf(spark.missing !== undefined)("the Spark job", () => {
  let folder: string;
  const python = spark.python!;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearfeed-hardship-"));
  });
  const mounts: string[] = [];
  afterAll(async () => {
    for (const place of mounts) spawnSync("umount", [place]);
    await rm(folder, { recursive: true, force: true });
  });

  test("killed in the middle leaves what was there, whole, and done again gives the same rows", async () => {
    const parts = [...syntheticLog({ ...SMALL_LOG, events: 4_000 })];
    const log = join(folder, "killed/events");
    const out = join(folder, "killed/prepared");
    await writeLog(join(folder, "killed"), parts, (name) => !name.startsWith(LAST_DAY));
    for (const step of ["clean events", "vectors"]) {
      await killedAt(step, log, out);
      await expect(readPrepared(out)).rejects.toMatchObject({ code: "file_not_found" });
    }
    await runSpark({ python, log, out });
    const before = await readPrepared(out);
    await writeLog(join(folder, "killed"), parts, (name) => name.startsWith(LAST_DAY));
    for (const step of ["1 of 4 days", "neighbours"]) {
      await killedAt(step, log, out);
      expect(await readPrepared(out)).toEqual(before);
    }
    const { daysRead } = await runSpark({ python, log, out });
    expect(daysRead).toEqual(["2026-05-04"]);
    const undisturbed = join(folder, "undisturbed");
    await runSpark({ python, log, out: undisturbed });
    for (const table of TABLES) {
      expect(await tableOf(out, table, "*"), table).toEqual(await tableOf(undisturbed, table, "*"));
    }
    // What the killed runs had begun is gone.
    expect(await readdir(join(out, "runs"))).toHaveLength(1);
    expect(await readdir(join(out, "days"))).toHaveLength(2);
  });

  test("refuses a folder whose name Hadoop would take for a pattern", async () => {
    const job = { python, log: join(folder, "none/events"), out: join(folder, "prepared[2]") };
    await expect(runSpark(job)).rejects.toMatchObject({ code: "bad_argument", path: job.out });
  });

  test("learns from fewer items than a vector has numbers, where one person likes nothing", async () => {
    const [begin, ...rest] = syntheticLog({ ...SMALL_LOG, events: 400, people: 20, items: 20 });
    const [first] = begin.events;
    const dislike = (i: number) => ({
      ...first,
      id: `dislike-${i}`,
      subject: "grumpy",
      item: `i000000${i}`,
      type: "dislike",
    });
    const events = [...begin.events, ...[0, 1, 2].map((i) => dislike(i) as LogLine)];
    await writeLog(join(folder, "few"), [{ ...begin, events }, ...rest]);
    const out = join(folder, "few/prepared");
    const { people, vectors } = await runSpark({ python, log: join(folder, "few/events"), out, args: ["--holdout=0"] });
    expect(people).toBeGreaterThan(1);
    expect(vectors.count).toBeGreaterThan(0);
    for (const vector of (await readPrepared(out)).vectors.values()) expect(Math.hypot(...vector)).toBeGreaterThan(0);
  });

  test("says that a disk is too small before it begins, and leaves nothing", async ({ skip }) => {
    const parts = syntheticLog({ ...SMALL_LOG, events: 4_000 });
    await writeLog(join(folder, "small"), parts);
    const disk = mounted(join(folder, "disk"), "256k");
    if (disk === undefined) return skip(NO_MOUNT);
    const job = { python, log: join(folder, "small/events"), out: join(disk, "prepared") };
    await expect(runSpark(job)).rejects.toMatchObject({
      code: "write_failed",
      path: job.out,
      message: expect.stringMatching(/has \d+ bytes free, about \d+ are needed/),
    });
    expect(await readdir(disk)).toEqual([]);
  });

  test("ends with a clear error where a disk fills while it works, and leaves nothing that counts", async ({
    skip,
  }) => {
    await writeLog(join(folder, "filling"), syntheticLog({ ...SMALL_LOG, events: 4_000 }));
    // What it shuffles goes there.
    const disk = mounted(join(folder, "shuffles"), "96k");
    if (disk === undefined) return skip(NO_MOUNT);
    const out = join(folder, "filling/prepared");
    const conf = [...SMALL_CONF, `spark.local.dir=${disk}`];
    await expect(runSpark({ python, log: join(folder, "filling/events"), out, conf })).rejects.toMatchObject({
      code: "write_failed",
      message: expect.stringContaining("The disk is full; the output is as it was before"),
    });
    await expect(readPrepared(out)).rejects.toMatchObject({ code: "file_not_found" });
  });

  test("counts alike with the trainer where one person has most events and one item is in half of the lists", async () => {
    const skew = { person: 0.4, item: 0.5 };
    const parts = syntheticLog({ ...SMALL_LOG, events: 120_000, people: 500, perPart: 5_000, skew });
    const log = join(folder, "skewed/events");
    const out = join(folder, "skewed/prepared");
    await writeLog(join(folder, "skewed"), parts);
    await rm(join(folder, "skewed/forgotten"), { recursive: true });
    await runSpark({ python, log, out, args: ["--holdout=0"] });
    const { dataset } = await readDataset({ events: [log] });
    const signals = eventSignals(dataset, DEFAULT_SIGNALS);
    const { start } = dataset.events;
    const positives = signals.target.subarray(start[0], start[1]).filter((target) => target > 0).length;
    expect(positives).toBeGreaterThan(PERSON_POSITIVES);
    const got = preparedFor(dataset.items, await readPrepared(out));
    expectSameNeighbours(got.neighbours, fitNeighbours(dataset, signals, DEFAULT_NEIGHBOURS));
  });

  /** A disk of its own, of so many bytes; undefined where this user may mount none. */
  function mounted(place: string, size: string): string | undefined {
    mkdirSync(place);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", place]).status !== 0) return undefined;
    mounts.push(place);
    return place;
  }

  /** Starts the job and kills all its processes as soon as it says that a step begins. */
  async function killedAt(step: string, log: string, out: string): Promise<void> {
    const env = jobEnvironment({ python, master: "local[2]", memory: "1g", conf: SMALL_CONF, env: process.env });
    const job = spawn(python, [join(JOB_FOLDER, "job.py"), `--log=${log}`, `--out=${out}`], {
      env,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(job, "close");
    const steps: string[] = [];
    createInterface({ input: job.stdout }).on("line", (line) => {
      const { step: begun } = JSON.parse(line) as { step?: string };
      if (begun !== undefined) steps.push(begun);
      // A moment into it: with files half-written.
      if (begun === step) setTimeout(() => process.kill(-job.pid!, "SIGKILL"), 500);
    });
    const [, signal] = (await ended) as [number | null, string | null];
    expect(signal, `after ${steps.join(", ")}`).toBe("SIGKILL");
  }
});
