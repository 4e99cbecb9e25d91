/** What Spark needs to read s3a:// addresses: 660 MB through Maven, once, under node_modules/.cache, or where `NEARFEED_S3A_JARS` says. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tryRun } from "./try-run.ts";

/** Of the Hadoop that PySpark 4.3 brings. */
const HADOOP = "3.5.0";

const CACHE = join(import.meta.dirname, `../../../node_modules/.cache/nearfeed-spark/s3a-${HADOOP}`);

const TIMEOUT_MS = 580_000;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>nearfeed</groupId><artifactId>s3a</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.hadoop</groupId><artifactId>hadoop-aws</artifactId><version>${HADOOP}</version>
</dependency></dependencies></project>`;

/** @returns the files, or what is missing in words */
export async function s3aJars(): Promise<readonly string[] | string> {
  const folder = process.env["NEARFEED_S3A_JARS"] ?? CACHE;
  if (!existsSync(folder)) {
    const draft = `${CACHE}.draft`;
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "pom.xml"), POM);
    const args = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${folder}`, "-DincludeScope=runtime"];
    const failed = await tryRun("mvn", args, TIMEOUT_MS, draft);
    if (failed !== undefined) return `Maven brings no hadoop-aws: ${failed}`;
  }
  return readdirSync(folder).map((name) => join(folder, name));
}
