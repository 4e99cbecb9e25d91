/** The operator's side of the edge's event log: listing, parts, compaction. Every refusal becomes a NearfeedError. */
import { createHash } from "node:crypto";
import { NearfeedError } from "../../shared/errors.ts";
import { type CompactStep, type LogPart, parseCompactStep, parseLogList } from "../../shared/event-log.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { createEdgeConnection, type EdgeOptions, refusalOf, TRANSFER_TIMEOUT_MS } from "../publish/edge-connection.ts";

/** Where parts come from. */
export interface LogSource {
  /** All parts there are, in the order of their names. */
  parts(): Promise<LogPart[]>;
  /** The bytes of a part, checked; undefined where it is gone. */
  part(name: string): Promise<Uint8Array | undefined>;
}

export interface LogClient extends LogSource {
  /** Does a piece of the compaction that is due. */
  compact(): Promise<CompactStep>;
}

export function createLogClient(options: EdgeOptions): LogClient {
  const { call, read, check } = createEdgeConnection(options);
  return {
    async parts() {
      const parts: LogPart[] = [];
      for (let after: string | undefined; ;) {
        const page = read(await call(ROUTES.logs(after)), "list the log", parseLogList);
        parts.push(...page.parts);
        if (page.next === null) return parts;
        if (after !== undefined && page.next <= after) {
          throw new NearfeedError("edge_failed", "The edge lists its log in circles", { path: "--edge" });
        }
        after = page.next;
      }
    },
    async part(name) {
      const answer = await call(ROUTES.logPart(name), { timeoutMs: TRANSFER_TIMEOUT_MS });
      if (answer.status === 404 && refusalOf(answer)?.code === "unknown_part") return undefined;
      check(answer, `send ${name}`);
      const expected = answer.headers.get("etag");
      const got = md5Of(answer.bytes);
      if (expected === `"${got}"`) return answer.bytes;
      throw new NearfeedError("hash_mismatch", `${name} came with the MD5 ${got}, the edge says ${expected}`, {
        path: name,
        hint: "Run the command again: what has come so far is kept.",
      });
    },
    async compact() {
      const answer = await call(ROUTES.compactLogs(), { method: "POST", timeoutMs: TRANSFER_TIMEOUT_MS });
      return read(answer, "compact the log", parseCompactStep);
    },
  };
}

/** As 32 hex digits: the bucket's own checksum, good against damage and not against malice. */
export function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
