/** A server that speaks S3 (moto, from PyPI), in a process of its own on loopback, with keys that have rights and keys that have none. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../dev-stack.ts";

/** What the Python of the server needs beside the job's. */
export const MOTO_PACKAGES = ["moto[server]"];

export interface S3Key {
  readonly id: string;
  readonly secret: string;
}

export interface S3Server {
  readonly endpoint: string;
  /** May do everything. */
  readonly owner: S3Key;
  /** Is known, and may do nothing. */
  readonly stranger: S3Key;
  close(): Promise<void>;
}

export const BUCKET = "nearfeed-log";
export const REGION = "us-east-1";

/** Makes the bucket, puts a folder into it, and makes two people's keys. Behind it every request must be signed by one. */
const SETUP = `
import json, os, sys, boto3, urllib.request
endpoint, bucket, folder = sys.argv[1:]
made = dict(endpoint_url=endpoint, region_name="${REGION}", aws_access_key_id="setup", aws_secret_access_key="setup")
s3, iam = boto3.client("s3", **made), boto3.client("iam", **made)
s3.create_bucket(Bucket=bucket)
for path, _, names in os.walk(folder):
    for name in names:
        file = os.path.join(path, name)
        s3.upload_file(file, bucket, os.path.relpath(file, folder))
def key_of(name, effect):
    iam.create_user(UserName=name)
    policy = dict(Version="2012-10-17", Statement=[dict(Effect=effect, Action="s3:*", Resource="*")])
    iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return dict(id=key["AccessKeyId"], secret=key["SecretAccessKey"])
keys = dict(owner=key_of("owner", "Allow"), stranger=key_of("stranger", "Deny"))
urllib.request.urlopen(urllib.request.Request(endpoint + "/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}, method="POST"))
print(json.dumps(keys))
`;

const START_TIMEOUT_MS = 60_000;

/** @param folder what the bucket holds at first */
export async function startS3(python: string, folder: string): Promise<S3Server> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const exited = once(child, "exit");
  for (let waited = 0; !(await answers(endpoint)); waited += 200) {
    if (waited > START_TIMEOUT_MS) throw new Error("moto does not start");
    await sleep(200);
  }
  const setup = spawnSync(python, ["-c", SETUP, endpoint, BUCKET, folder], { encoding: "utf8" });
  if (setup.status !== 0) throw new Error(setup.stderr);
  return {
    endpoint,
    ...(JSON.parse(setup.stdout) as Pick<S3Server, "owner" | "stranger">),
    async close() {
      child.kill();
      await exited;
    },
  };
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/moto-api/data.json`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Settings by which Spark reads the server. */
export function s3aConf({ endpoint }: S3Server, key: S3Key, jars: readonly string[]): string[] {
  return [
    `spark.jars=${jars.join(",")}`,
    `spark.hadoop.fs.s3a.endpoint=${endpoint}`,
    `spark.hadoop.fs.s3a.endpoint.region=${REGION}`,
    "spark.hadoop.fs.s3a.path.style.access=true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled=false",
    "spark.hadoop.fs.s3a.attempts.maximum=2",
    `spark.hadoop.fs.s3a.access.key=${key.id}`,
    `spark.hadoop.fs.s3a.secret.key=${key.secret}`,
  ];
}
