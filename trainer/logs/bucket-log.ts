/**
 * The event log where it lies: the bucket, read over the protocol of S3, which R2 speaks too. For those who have a key to the bucket and
 * not the secret of the edge. It compacts nothing: that is the edge's.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { LOG_PART, LOG_PREFIX, type LogPart } from "../../shared/event-log.ts";
import { type LogSource, md5Of } from "./log-client.ts";
import { type S3Key, signRequest } from "./sign-request.ts";

export interface BucketLogOptions {
  /** Base address of the service. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: S3Key;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal;
  /** Epoch ms. */
  readonly now?: () => number;
}

/** A part is 32 MB at most, over a slow line. */
const TIMEOUT_MS = 600_000;

const HINT = "The key needs to list the bucket and to read its objects (for R2: Object Read).";

/** An error's answer is a line or two of XML; this much of another is shown. */
const MAX_SHOWN_CHARS = 200;

const decoder = new TextDecoder();

export function createBucketLog({ endpoint, bucket, key, fetch, signal, now = Date.now }: BucketLogOptions): LogSource {
  async function get(path: string, query: Readonly<Record<string, string>> = {}) {
    const url = new URL(`${endpoint.replace(/\/$/, "")}/${bucket}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const headers = signRequest("GET", url, key, now());
      const ends = AbortSignal.any([timeout, ...(signal ? [signal] : [])]);
      const answer = await fetch(url, { headers, redirect: "manual", signal: ends });
      return { status: answer.status, headers: answer.headers, bytes: new Uint8Array(await answer.arrayBuffer()) };
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new NearfeedError("edge_failed", `${endpoint} cannot be reached: ${reason}`, { path: "--endpoint", cause });
    }
  }

  return {
    async parts() {
      const parts: LogPart[] = [];
      for (let token: string | undefined; ;) {
        const query = {
          "list-type": "2",
          prefix: LOG_PREFIX,
          ...(token !== undefined && { "continuation-token": token }),
        };
        const answer = await get("", query);
        const text = decoder.decode(answer.bytes);
        if (answer.status !== 200) throw refusal(`list ${bucket}`, answer.status, text);
        for (const [, entry] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
          const name = field(entry, "Key")?.slice(LOG_PREFIX.length) ?? "";
          if (!LOG_PART.test(name)) continue;
          parts.push({
            name,
            bytes: Number(field(entry, "Size")),
            md5: (field(entry, "ETag") ?? "").replaceAll('"', ""),
          });
        }
        token = field(text, "NextContinuationToken");
        if (token === undefined) return parts.sort((a, b) => (a.name < b.name ? -1 : 1));
      }
    },
    async part(name) {
      const { status, headers, bytes } = await get(LOG_PREFIX + name);
      if (status === 404) return undefined;
      if (status !== 200) throw refusal(`read ${name}`, status, decoder.decode(bytes));
      const expected = headers.get("etag")?.replaceAll('"', "");
      const got = md5Of(bytes);
      if (got === expected) return bytes;
      throw new NearfeedError("hash_mismatch", `${name} came with the MD5 ${got}, the bucket says ${expected}`, {
        path: name,
        hint: "Run the command again: what has come so far is kept. A bucket encrypted with KMS says no MD5: pull from the edge.",
      });
    },
  };
}

/** The text of the first element of a name. */
function field(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1];
  return text?.replace(/&(lt|gt|quot|apos|amp|#34|#39);/g, (_, entity: string) => ENTITIES[entity]);
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
  "#34": '"',
  "#39": "'",
};

function refusal(what: string, status: number, text: string): NearfeedError {
  const said = [field(text, "Code"), field(text, "Message")].filter((each) => each !== undefined).join(": ");
  const shown = said === "" ? text.slice(0, MAX_SHOWN_CHARS) : said;
  return new NearfeedError("edge_failed", `The bucket refused to ${what}: HTTP ${status} ${shown}`, {
    path: "--bucket",
    hint: HINT,
  });
}
