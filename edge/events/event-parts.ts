// Parts of the event log in the bucket: gzip NDJSON under Hive-style folders of the receipt time, which Spark, DuckDB and
// R2 SQL read as they are.

import { LOG_PREFIX } from "../../shared/event-log.ts";

/** The events of one part: consecutive rows of one shard, received in one hour. */
export interface EventPart {
  /** Random name of the shard's table; a table made anew can never write over the parts of an older one. */
  table: string;
  /** Sequence number of the first row. It alone names the part: writing it again replaces it. */
  firstSequence: number;
  /** When the first row was received, epoch ms. */
  received: number;
  /** One JSON text an event. */
  lines: readonly string[];
}

const HOUR_MS = 3_600_000;

/** The hour a time lies in; rows of one part share it. */
export function hourOf(epochMs: number): number {
  return Math.floor(epochMs / HOUR_MS);
}

/** Where a part lies: `events/dt=YYYY-MM-DD/hour=HH/<table>-<sequence>.ndjson.gz`, in UTC. */
export function partKey({ table, firstSequence, received }: EventPart): string {
  const [date, time] = new Date(received).toISOString().split("T");
  return `${LOG_PREFIX}dt=${date}/hour=${time.slice(0, 2)}/${table}-${String(firstSequence).padStart(12, "0")}.ndjson.gz`;
}

/** The bytes of a part. The lines decide them, so that the same part has the same hash. */
export async function encodePart({ lines }: Pick<EventPart, "lines">): Promise<ArrayBuffer> {
  const body = new Response(`${lines.join("\n")}\n`).body!;
  return new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

/** The lines of a part. It rejects where the bytes are not gzip. */
export async function decodePart(body: ReadableStream<Uint8Array>): Promise<string[]> {
  const text = await new Response(body.pipeThrough(new DecompressionStream("gzip"))).text();
  return text.split("\n").filter((line) => line !== "");
}
