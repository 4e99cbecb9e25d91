/**
 * An empty page in Chromium with the built SDK on it, served together with a made-up release by one small server. What a
 * suite measures happens in that page.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { findChromium } from "../../test/harness/chromium.ts";
import { testEdge } from "../../test/harness/synthetic/edge.ts";
import type { SyntheticRelease } from "../../test/harness/synthetic/release.ts";
import type { CpuQuota } from "./cpu-quota.ts";

const SDK = join(import.meta.dirname, "../../dist/browser");
const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm" };

export interface SdkPage {
  readonly page: Page;
  readonly browser: Browser;
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * @param quota the share of a core that the whole browser gets; all of the machine where absent
 * @throws where dist/browser was not built
 */
export async function openSdkPage(release: SyntheticRelease, quota?: CpuQuota): Promise<SdkPage> {
  const edge = testEdge(release);
  const server = createServer((request, response) => {
    serve(edge.fetch, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { executablePath: plain, args, env } = await findChromium();
  const executablePath = quota ? await quota.wrap(plain) : plain;
  const browser = await chromium.launch({ executablePath, args: [...args], env });
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  return {
    page,
    browser,
    origin,
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serve(edge: typeof fetch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  if (path.startsWith("/v1/")) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const answer = await edge(`http://edge${path}`, { method: request.method, ...(body && { body }) });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  } else if (path.startsWith("/sdk/")) {
    const bytes = await readFile(join(SDK, path.slice("/sdk/".length))).catch(() => {
      throw new Error("dist/browser is missing: run `npm run build` first");
    });
    const headers = { "Content-Type": TYPES[extname(path)] ?? "text/plain", "Cache-Control": "max-age=3600" };
    response.writeHead(200, headers).end(bytes);
  } else {
    response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>bench</title>");
  }
}
