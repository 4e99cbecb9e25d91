/** AWS Signature Version 4 for requests without a body, as S3 and R2 ask for it. It sends nothing. */
import { createHash, createHmac } from "node:crypto";

export interface S3Key {
  readonly id: string;
  readonly secret: string;
  /** Of a key that holds for hours only. */
  readonly sessionToken?: string;
  /** `auto` for R2. */
  readonly region: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SERVICE = "s3";
const EMPTY_SHA256 = createHash("sha256").digest("hex");

/**
 * The headers that sign a request, `Authorization` among them.
 *
 * @param headers further headers to send and to sign, lower-case
 * @param now epoch ms
 */
export function signRequest(
  method: string,
  url: URL,
  key: S3Key,
  now: number,
  headers: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const signed: Record<string, string> = {
    ...headers,
    host: url.host,
    "x-amz-content-sha256": EMPTY_SHA256,
    "x-amz-date": time,
    ...(key.sessionToken !== undefined && { "x-amz-security-token": key.sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${signed[name].trim()}`),
    "",
    names.join(";"),
    EMPTY_SHA256,
  ].join("\n");
  const scope = [time.slice(0, 8), key.region, SERVICE, "aws4_request"];
  const toSign = [ALGORITHM, time, scope.join("/"), createHash("sha256").update(canonical).digest("hex")].join("\n");
  const signingKey = scope.reduce<string | Buffer>((by, part) => hmac(by, part), `AWS4${key.secret}`);
  const signature = createHmac("sha256", signingKey).update(toSign).digest("hex");
  const { host: _, ...sent } = signed;
  return {
    ...sent,
    authorization: `${ALGORITHM} Credential=${key.id}/${scope.join("/")},SignedHeaders=${names.join(";")},Signature=${signature}`,
  };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function canonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** As RFC 3986 has it, of which encodeURIComponent leaves five characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
