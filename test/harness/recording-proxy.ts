/**
 * An HTTP proxy before the edge that writes down every request, so that a test reads what really left the browser,
 * whichever thread or worker sent it. It can also end a publish in the middle.
 */
import { once } from "node:events";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface RecordingProxy {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

interface ProxyOptions {
  /** Called before a request is passed on; `false` drops the connection instead. */
  before?: (request: RecordedRequest) => boolean;
  /** What the proxy itself answers for a path, instead of passing it on: pages of a test, under the edge's origin. */
  own?: (path: string) => OwnAnswer | undefined;
}

export interface OwnAnswer {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** @param target origin of the edge */
export async function startRecordingProxy(
  target: string,
  { before = () => true, own = () => undefined }: ProxyOptions = {},
): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "GET", url: path = "/", headers } = incoming;
    const answer = own(path);
    if (answer) return void outgoing.writeHead(200, { "Content-Type": answer.type }).end(answer.body);
    const recorded = { method, path, headers, body: body.toString("utf8") };
    requests.push(recorded);
    if (!before(recorded)) return void incoming.socket.destroy();
    forward(new URL(path, target), { method, headers, body }, outgoing);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function forward(
  url: URL,
  { method, headers, body }: { method: string; headers: IncomingMessage["headers"]; body: Buffer },
  outgoing: ServerResponse,
): void {
  // Origins stay as the browser sees them: the proxy is the page's origin, and the edge compares them.
  const passed = send(url, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  passed.on("error", () => outgoing.destroy());
  passed.end(body);
}
