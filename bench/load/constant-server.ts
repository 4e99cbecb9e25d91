/**
 * The rival: a plain Node server in a process of its own that reads each request to its end and answers bytes that it was
 * given, whatever was asked. It computes, checks and stores nothing, so no server in Node is faster, and the rest is what
 * the load itself costs here.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ConstantServer {
  readonly url: string;
  stop(): Promise<void>;
}

interface Given {
  readonly status: number;
  readonly base64: string;
}

/** @param body what it answers */
export async function startConstantServer(status: number, body: Buffer): Promise<ConstantServer> {
  const child = fork(import.meta.filename);
  const exited = once(child, "exit");
  const told = once(child, "message");
  child.send({ status, base64: body.toString("base64") } satisfies Given);
  const [port] = (await told) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const [given] = (await once(process, "message")) as [Given];
  const body = Buffer.from(given.base64, "base64");
  const server = createServer((request, answer) => {
    request.resume().once("end", () => answer.writeHead(given.status, { "Content-Length": body.length }).end(body));
  });
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
  process.once("disconnect", () => process.exit());
}
