/** Sends requests that need not be right to an edge, many at once, and reads what comes back. */
import { Agent, request } from "node:http";
import type { WireRequest } from "../../harness/malformed/wire.ts";

/** What came back; a request that this client itself would not send has none. */
export interface WireAnswer {
  readonly status: number;
  readonly text: string;
  readonly elapsedMs: number;
}

export interface Sender {
  /** @throws Error where nothing comes back in time, or the line breaks twice */
  send(asked: WireRequest): Promise<WireAnswer>;
  close(): void;
}

/** Longer than this counts as hung. */
export const ANSWER_LIMIT_MS = 10_000;

export function createSender(url: string, connections: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    async send(asked) {
      try {
        return await sendOnce(agent, url, asked);
      } catch (error) {
        // A server may close a line that it kept open in the moment in which it is used again.
        if (
          (error as NodeJS.ErrnoException).code !== "ECONNRESET" &&
          (error as NodeJS.ErrnoException).code !== "EPIPE"
        ) {
          throw error;
        }
        return await sendOnce(undefined, url, asked);
      }
    },
    close: () => agent.destroy(),
  };
}

function sendOnce(agent: Agent | undefined, url: string, asked: WireRequest): Promise<WireAnswer> {
  const { hostname, port } = new URL(url);
  const { method, target, body, chunked } = asked;
  // Said in any case: with some methods the client would send a body of which nobody is told where it ends.
  const framing = chunked ? ["Transfer-Encoding", "chunked"] : ["Content-Length", String(body?.length ?? 0)];
  const headers = [["Host", `${hostname}:${port}`], ...asked.headers, ...(body === undefined ? [] : [framing])].flat();
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: target, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode!, text, elapsedMs: performance.now() - sentAt });
      });
    });
    const timer = setTimeout(() => {
      sent.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`));
    }, ANSWER_LIMIT_MS);
    sent.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
