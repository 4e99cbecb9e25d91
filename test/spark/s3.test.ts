/** The long form: `nearfeed logs pull` against a server that speaks S3, with keys, signatures and rights. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBucketLog } from "../../trainer/logs/bucket-log.ts";
import { pullLogs } from "../../trainer/logs/pull-logs.ts";
import { BUCKET, MOTO_PACKAGES, REGION, type S3Key, type S3Server, startS3 } from "../harness/spark/moto.ts";
import { type SparkPython, sparkPython } from "../harness/spark/spark-python.ts";
import { syntheticLog } from "../harness/spark/synthetic-log.ts";
import { SMALL_LOG } from "../harness/spark/wild-log.ts";
import { writeLog } from "../harness/spark/write-log.ts";

const spark: SparkPython =
  process.env["NEARFEED_SPARK"] === "long"
    ? await sparkPython(MOTO_PACKAGES)
    : { missing: "it is the long form, npm run test:spark" };
if (spark.missing !== undefined) console.warn(`S3 is skipped: ${spark.missing}`);

describe.skipIf(spark.missing !== undefined)("a log in a bucket", () => {
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
});
