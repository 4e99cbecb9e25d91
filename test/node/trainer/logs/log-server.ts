/** An event log behind HTTP for the tests of pulling: the edge's two routes over parts in memory, with faults to order. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { LogList } from "../../../../shared/event-log.ts";

export interface LogServer {
  readonly url: string;
  /** Bytes of the parts by name; tests change them. */
  readonly parts: Map<string, Uint8Array>;
  /** Names of the parts that were fetched, in order. */
  readonly fetched: string[];
  /** Called before a part is sent; what it returns is sent instead, "break" breaks the answer off in the middle. */
  fault: (name: string, bytes: Uint8Array) => Promise<Uint8Array | "break">;
  close(): Promise<void>;
}

export const SECRET = "the-secret";

/** Small, so that a few parts need several pages. */
const PAGE = 4;

export async function startLogServer(): Promise<LogServer> {
  const parts = new Map<string, Uint8Array>();
  const fetched: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://log");
    const refuse = (status: number, code: string) =>
      void response.writeHead(status).end(JSON.stringify({ error: { code, message: code } }));
    if (request.headers.authorization !== `Bearer ${SECRET}`) return refuse(401, "unauthorized");
    if (url.pathname === "/v1/logs") {
      const after = url.searchParams.get("after") ?? "";
      const names = [...parts.keys()].sort().filter((name) => name > after);
      const page = names.slice(0, PAGE);
      const list: LogList = {
        parts: page.map((name) => ({ name, bytes: parts.get(name)!.length, md5: md5(parts.get(name)!) })),
        next: names.length > PAGE ? page.at(-1)! : null,
      };
      return void response.end(JSON.stringify(list));
    }
    const name = url.pathname.slice("/v1/logs/".length);
    const bytes = parts.get(name);
    if (!bytes) return refuse(404, "unknown_part");
    fetched.push(name);
    const sent = await log.fault(name, bytes);
    response.writeHead(200, { ETag: `"${md5(bytes)}"`, "Content-Length": bytes.length });
    if (sent !== "break") return void response.end(sent);
    response.write(bytes.subarray(0, bytes.length >> 1));
    return void setTimeout(() => response.destroy(), 20);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const log: LogServer = {
    url: `http://127.0.0.1:${port}`,
    parts,
    fetched,
    fault: (_, bytes) => Promise.resolve(bytes),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return log;
}

/** The name of the part of a number; every 24 begin a new day. */
export function nameOf(number: number): string {
  const day = String(1 + Math.floor(number / 24)).padStart(2, "0");
  const hour = String(number % 24).padStart(2, "0");
  return `dt=2026-06-${day}/hour=${hour}/0badcafe-${String(number).padStart(12, "0")}.ndjson.gz`;
}

export function gzipPart(subject: string, count: number): Uint8Array {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ id: `${subject}-${i}`, type: "like", item: `item-${i}`, at: 1_780_000_000_000 + i, subject }),
  );
  return gzipSync(`${lines.join("\n")}\n`);
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
