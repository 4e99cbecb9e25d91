/** The options of commands that read the bucket itself. The key comes from the environment: flags show in `ps`. */
import { NearfeedError } from "../../shared/errors.ts";
import { createBucketLog } from "../logs/bucket-log.ts";
import type { LogSource } from "../logs/log-client.ts";
import { textOption } from "./arguments.ts";
import type { CommandInput, Option } from "./command.ts";

/** R2's only region. */
const REGION = "auto";

export const BUCKET_OPTIONS: Readonly<Record<string, Option>> = {
  bucket: {
    type: "string",
    value: "NAME",
    help: "pull from the bucket itself, over S3's protocol, in place of the edge",
  },
  endpoint: { type: "string", value: "URL", help: "address of the bucket's service (default $AWS_ENDPOINT_URL)" },
  region: { type: "string", value: "NAME", help: `region of the bucket (default $AWS_REGION or ${REGION})` },
};

export const BUCKET_NOTE =
  "The key to a bucket is read from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where it has one.";

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The log of --bucket; undefined where none is named. @throws NearfeedError `bad_argument` */
export function bucketOf({ values, env, signal }: CommandInput): LogSource | undefined {
  const bucket = textOption(values, "bucket");
  if (bucket === undefined) return undefined;
  if (!BUCKET_NAME.test(bucket)) {
    throw new NearfeedError("bad_argument", `--bucket must be the name of a bucket, got "${bucket}"`, {
      path: "--bucket",
    });
  }
  const endpoint = textOption(values, "endpoint") ?? env["AWS_ENDPOINT_URL"];
  if (endpoint === undefined || !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) {
    throw new NearfeedError("bad_argument", `--endpoint must be an http(s) address, got ${endpoint ?? "none"}`, {
      path: "--endpoint",
      hint: "For R2 it is the S3 API address that the dashboard shows for the bucket, without the bucket's name.",
    });
  }
  const [id, secret] = [env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]];
  if (!id || !secret) {
    throw new NearfeedError("bad_argument", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set", {
      hint: "They are the key to the bucket.",
    });
  }
  const region = textOption(values, "region") ?? env["AWS_REGION"] ?? REGION;
  const key = { id, secret, sessionToken: env["AWS_SESSION_TOKEN"], region };
  return createBucketLog({ endpoint, bucket, key, fetch, signal });
}
