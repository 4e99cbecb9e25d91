/** The long form: the job and `nearfeed logs pull` against a server that speaks S3, with keys, signatures and rights. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBucketLog } from "../../trainer/logs/bucket-log.ts";
import { pullLogs } from "../../trainer/logs/pull-logs.ts";
import { IS_LONG } from "../harness/spark/long.ts";
import { BUCKET, MOTO_PACKAGES, REGION, s3aConf, type S3Key, type S3Server, startS3 } from "../harness/spark/moto.ts";
import { s3aJars } from "../harness/spark/s3a-jars.ts";
import { type SparkPython, sparkPython } from "../harness/spark/spark-python.ts";
import { runSpark, SMALL_CONF, tableOf } from "../harness/spark/spark-run.ts";
import { syntheticLog } from "../harness/spark/synthetic-log.ts";
import { SMALL_LOG } from "../harness/spark/wild-log.ts";
import { writeLog } from "../harness/spark/write-log.ts";

const spark: SparkPython = IS_LONG
  ? await sparkPython(MOTO_PACKAGES)
  : { missing: "it is the long form, npm run test:spark" };
const jars = spark.missing === undefined ? await s3aJars() : spark.missing;
if (typeof jars === "string") console.warn(`S3 is skipped: ${jars}`);

describe.skipIf(typeof jars === "string")("a log in a bucket", () => {
  let folder: string;
  let server: S3Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearfeed-s3-"));
    await writeLog(join(folder, "bucket"), syntheticLog({ ...SMALL_LOG, events: 3_000, perPart: 100 }));
    server = await startS3(spark.python!, join(folder, "bucket"));
  });

  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const logOf = (key: S3Key) =>
    createBucketLog({ endpoint: server.endpoint, bucket: BUCKET, key: { ...key, region: REGION }, fetch });

  test("is pulled into a folder, part for part, and a second pull fetches nothing", async () => {
    const pulled = join(folder, "pulled");
    const first = await pullLogs(logOf(server.owner), pulled);
    const names = (await readdir(pulled, { recursive: true })).filter((name) => name.endsWith(".gz")).sort();
    expect(first).toMatchObject({ parts: names.length, fetched: names.length, removed: 0 });
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      expect(await readFile(join(pulled, name))).toEqual(await readFile(join(folder, "bucket/events", name)));
    }
    expect(await pullLogs(logOf(server.owner), pulled)).toMatchObject({ parts: names.length, fetched: 0 });
  });

  test("is not pulled with a key without rights, with one that is wrong, or from a bucket that is not there", async () => {
    const into = join(folder, "refused");
    await expect(pullLogs(logOf(server.stranger), into)).rejects.toMatchObject({
      code: "edge_failed",
      message: expect.stringContaining("AccessDenied"),
      path: "--bucket",
    });
    await expect(pullLogs(logOf({ ...server.owner, secret: "wrong" }), into)).rejects.toThrow("SignatureDoesNotMatch");
    const other = createBucketLog({
      endpoint: server.endpoint,
      bucket: "nearfeed-none",
      key: { ...server.owner, region: REGION },
      fetch,
    });
    await expect(pullLogs(other, into)).rejects.toThrow("NoSuchBucket");
  });

  test("is prepared by Spark in the bucket as it is on a disk", async () => {
    const python = spark.python!;
    const out = join(folder, "from-disk");
    const disk = await runSpark({ python, log: join(folder, "bucket/events"), out });
    const conf = [...SMALL_CONF, ...s3aConf(server, server.owner, jars as string[])];
    const there = await runSpark({ python, log: `s3a://${BUCKET}/events`, out: `s3a://${BUCKET}/prepared`, conf });
    const figures = ["days", "rows", "events", "people", "items", "sample"] as const;
    for (const name of figures) expect(there[name], name).toEqual(disk[name]);
    // What it wrote there, brought here by nothing of Spark's.
    const copy = join(folder, "from-bucket");
    await copyFolder(server, "prepared/", copy);
    const tables = { interactions: "*", statistics: "*", items: "*", neighbours: "*" };
    for (const [table, columns] of Object.entries(tables)) {
      expect(await tableOf(copy, table, columns), table).toEqual(await tableOf(out, table, columns));
    }
    const again = await runSpark({ python, log: `s3a://${BUCKET}/events`, out: `s3a://${BUCKET}/prepared`, conf });
    expect(again.daysRead).toEqual([]);
  });

  test("is refused to Spark where the key has no rights, and the error says which rights it needs", async () => {
    const conf = [...SMALL_CONF, ...s3aConf(server, server.stranger, jars as string[])];
    const job = { python: spark.python!, log: `s3a://${BUCKET}/events`, out: join(folder, "never"), conf };
    await expect(runSpark(job)).rejects.toMatchObject({
      code: "bad_file",
      path: job.log,
      hint: expect.stringContaining("list and read"),
    });
  });
});

async function copyFolder({ endpoint, owner }: S3Server, prefix: string, into: string): Promise<void> {
  const script = `
import os, sys, boto3
endpoint, prefix, into, key, secret = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="${REGION}", aws_access_key_id=key, aws_secret_access_key=secret)
for page in s3.get_paginator("list_objects_v2").paginate(Bucket="${BUCKET}", Prefix=prefix):
    for each in page.get("Contents", []):
        path = os.path.join(into, each["Key"][len(prefix):])
        if each["Key"].endswith("/"): continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        s3.download_file("${BUCKET}", each["Key"], path)`;
  const copied = spawnSync(spark.python!, ["-c", script, endpoint, prefix, into, owner.id, owner.secret], {
    encoding: "utf8",
  });
  if (copied.status !== 0) throw new Error(copied.stderr);
}
