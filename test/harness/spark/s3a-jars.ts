/** What Spark needs to read s3a:// addresses: 660 MB through Maven, once, under node_modules/.cache, or where `NEARFEED_S3A_JARS` says. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Of the Hadoop that PySpark 4.3 brings. */
const HADOOP = "3.5.0";

const CACHE = join(import.meta.dirname, `../../../node_modules/.cache/nearfeed-spark/s3a-${HADOOP}`);

const TIMEOUT_MS = 580_000;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>nearfeed</groupId><artifactId>s3a</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.hadoop</groupId><artifactId>hadoop-aws</artifactId><version>${HADOOP}</version>
</dependency></dependencies></project>`;

/** @returns the files, or what is missing in words */
export function s3aJars(): readonly string[] | string {
  const folder = process.env["NEARFEED_S3A_JARS"] ?? CACHE;
  if (!existsSync(folder)) {
    const draft = `${CACHE}.draft`;
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "pom.xml"), POM);
    const args = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${folder}`, "-DincludeScope=runtime"];
    const made = spawnSync("mvn", args, { cwd: draft, encoding: "utf8", timeout: TIMEOUT_MS });
    if (made.error) return "Maven is not on this machine";
    if (made.status !== 0) return `Maven brings no hadoop-aws: ${made.stdout.trim().split("\n")[0]}`;
  }
  return readdirSync(folder).map((name) => join(folder, name));
}
