/** Folders of pages without a bundler: the SDK beside them, or loaded from the edge by `<script type="module">`. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../harness/dev-stack.ts";
import { serveFolder, type FileServer } from "./file-server.ts";

export interface PagesOptions {
  /** URL of the built entry; by default the SDK lies beside the page, under /nearfeed/. */
  readonly sdk?: string;
  readonly headersOf?: (path: string) => Record<string, string>;
}

/** Serves `/`, a page of one module script that walks through the loop; inline scripts and styles it has none. */
export async function servePages({ sdk, headersOf }: PagesOptions): Promise<FileServer> {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-pages-"));
  await cp(join(import.meta.dirname, "hosts"), folder, { recursive: true });
  if (sdk === undefined) await cp(join(ROOT, "dist/browser"), join(folder, "nearfeed"), { recursive: true });
  const main = [
    `import { createRecommender } from "${sdk ?? "/nearfeed/index.js"}";`,
    `import { run } from "./loop.js";`,
  ];
  await writeFile(join(folder, "main.js"), [...main, "run(createRecommender);"].join("\n"));
  const server = await serveFolder(folder, headersOf);
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
