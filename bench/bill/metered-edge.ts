/** An edge that counts what it is billed for, with a release on it; asked, read and stopped here. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LocalEdge, startLocalEdge } from "../../test/harness/local-edge.ts";
import { activateSmall, publishSmall } from "../../test/harness/publish-small.ts";
import { reach } from "../../test/harness/reach.ts";
import type { SmallRelease } from "../../test/harness/small-release.ts";

/** A count by kind and what it is of: `test/harness/metered/meter.ts`. */
export type Meter = Readonly<Record<string, number>>;

export interface MeteredEdge {
  readonly edge: LocalEdge;
  /** Answers one request, and fails where its status is another. */
  ask(
    method: "GET" | "POST",
    path: string,
    options?: { body?: string; etag?: string; status?: number },
  ): Promise<Answer>;
  /** What was counted since the last time. */
  meter(): Promise<Meter>;
  /** Waits until every event is in the log, and what trends is counted. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly bytes: number;
  readonly etag: string | null;
}

const SECRET = "the publish secret of the bill";
/** The queue waits a second, the store five, and twice in a row nothing may have changed. */
const QUIET_MS = 7_000;
const DRAIN_LIMIT_MS = 60_000;

/** @param options.metered false: the plain edge, to measure what it computes */
export async function startMeteredEdge(
  small: SmallRelease,
  { metered = true, cramped = false }: { metered?: boolean; cramped?: boolean } = {},
): Promise<MeteredEdge> {
  const state = await mkdtemp(join(tmpdir(), "nearfeed-bill-"));
  const edge = await startLocalEdge({ state, secret: SECRET, queue: true, metered, cramped });
  const meter = async () => (await (await reach(`${edge.url}/meter`)).json()) as Meter;
  await publishSmall(edge, small);
  await activateSmall(edge, small.release.id, 0);
  return {
    edge,
    async ask(method, path, { body, etag, status = 200 } = {}) {
      const headers = { ...(etag !== undefined && { "If-None-Match": etag }) };
      const answer = await reach(edge.url + path, { method, headers, ...(body !== undefined && { body }) });
      const bytes = await answer.arrayBuffer();
      if (answer.status !== status) {
        throw new Error(`${method} ${path}: HTTP ${answer.status}: ${new TextDecoder().decode(bytes).slice(0, 300)}`);
      }
      return { bytes: bytes.byteLength, etag: answer.headers.get("ETag") };
    },
    meter,
    async drained() {
      const deadline = performance.now() + DRAIN_LIMIT_MS;
      for (;;) {
        await sleep(QUIET_MS);
        const answer = await reach(`${edge.url}/v1/metrics`, { headers: { Authorization: `Bearer ${SECRET}` } });
        const text = await answer.text();
        if (/^nearfeed_events_waiting 0$/m.test(text) && /^nearfeed_trending_waiting 0$/m.test(text)) return;
        if (performance.now() > deadline) throw new Error(`events still wait after ${DRAIN_LIMIT_MS} ms:\n${text}`);
      }
    },
    async stop() {
      await edge.stop();
      await rm(state, { recursive: true });
    },
  };
}

/** The sum of all counts whose name begins so. */
export function total(meter: Meter, ...prefixes: readonly string[]): number {
  return Object.entries(meter).reduce(
    (sum, [name, count]) => sum + (prefixes.some((prefix) => name.startsWith(prefix)) ? count : 0),
    0,
  );
}
