/** Reads the R2 bucket that a local edge left in its state folder, with wrangler's own reader. The edge must be stopped. */
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { getPlatformProxy } from "wrangler";
import { ROOT } from "./dev-stack.ts";

/** The little of R2 that is used here. */
interface Bucket {
  list(options: {
    prefix: string;
    cursor?: string;
  }): Promise<{ objects: { key: string }[]; truncated: boolean; cursor?: string }>;
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
}

/** One line of the event log. */
export interface LoggedLine {
  readonly id: string;
  readonly type: string;
  readonly item: string;
  readonly received: number;
  readonly [field: string]: unknown;
}

/** Every line of every part of the event log, with the part's key. */
export async function readEventLog(state: string): Promise<{ keys: string[]; lines: LoggedLine[] }> {
  const { env, dispose } = await getPlatformProxy<{ BUCKET: Bucket }>({
    configPath: join(ROOT, "wrangler.toml"),
    persist: { path: join(state, "edge/v3") },
  });
  try {
    const { objects, truncated } = await env.BUCKET.list({ prefix: "events/" });
    if (truncated) throw new Error("The log has more parts than one listing shows.");
    const lines: LoggedLine[] = [];
    for (const { key } of objects) {
      const part = await env.BUCKET.get(key);
      const text = gunzipSync(Buffer.from(await part!.arrayBuffer())).toString("utf8");
      lines.push(
        ...text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as LoggedLine),
      );
    }
    return { keys: objects.map(({ key }) => key), lines };
  } finally {
    await dispose();
  }
}
