/**
 * The load: so many connections that are kept open, each of which sends its next request when the last one is answered. It
 * takes what the server gives and never more, so latencies are those at that many requests in flight, and say nothing of
 * a queue in front. Not autocannon, which has no p95 and sends the same bodies again.
 */
import { Agent, request } from "node:http";

export interface LoadRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly durationMs: number;
  /** The next request; `number` counts from 0. */
  next(number: number): LoadRequest;
  /** @throws Error where an answer is not what it must be: one is enough to fail */
  check(status: number, body: Buffer): void;
}

/** Latencies in ms, by the order of the answers, and how long all of it took. */
export interface LoadResult {
  readonly latencies: number[];
  readonly elapsedMs: number;
}

/** An answer that takes longer counts as none. */
const ANSWER_TIMEOUT_MS = 10_000;

/** @throws Error with the first answer that was wrong or did not come */
export async function runLoad({ url, connections, durationMs, next, check }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const startedAt = performance.now();
  let [sent, failed] = [0, false];
  const loop = async (): Promise<void> => {
    while (!failed && performance.now() - startedAt < durationMs) {
      const asked = next(sent++);
      const sentAt = performance.now();
      const { status, body } = await send(agent, url, asked);
      latencies.push(performance.now() - sentAt);
      check(status, body);
    }
  };
  try {
    await Promise.all(
      Array.from({ length: connections }, () =>
        loop().catch((error: unknown) => {
          failed = true;
          throw error;
        }),
      ),
    );
    return { latencies, elapsedMs: performance.now() - startedAt };
  } finally {
    agent.destroy();
  }
}

function send(agent: Agent, url: string, { method, path, body }: LoadRequest) {
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const headers =
      body === undefined ? {} : { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(body) };
    const asked = request(url + path, { method, agent, headers, timeout: ANSWER_TIMEOUT_MS }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => resolve({ status: answer.statusCode!, body: Buffer.concat(chunks) }));
    });
    asked.once("timeout", () => asked.destroy(new Error(`no answer of ${path} within ${ANSWER_TIMEOUT_MS} ms`)));
    asked.once("error", reject);
    asked.end(body);
  });
}
