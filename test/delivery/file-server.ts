/** Serves a folder on an origin of its own, with the headers that a test wants to try. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

export interface FileServer {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  stop(): Promise<void>;
}

/** @param headersOf headers of the answer to a path */
export async function serveFolder(
  folder: string,
  headersOf: (path: string) => Record<string, string> = () => ({}),
): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    requests.push(path);
    readFile(join(folder, normalize(path))).then(
      (bytes) =>
        response
          .writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/plain", ...headersOf(path) })
          .end(bytes),
      () => response.writeHead(404, headersOf(path)).end("not here"),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
