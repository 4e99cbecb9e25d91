/**
 * Builds what runs in browsers: the SDK (dist/browser) and the demo page (dist/site), which uses the built SDK as any
 * app would. Each SDK entry is a build of its own: a file that refers to no other file survives being copied and
 * renamed by a host's bundler. (`react.js` imports `index.js`: bundlers follow imports, and an app has the SDK once.)
 * Never vite's lib mode, which inlines the wasm of onnxruntime-web.
 */
import { cp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { build, type InlineConfig } from "vite";
import { scoresKernelText } from "./build-kernel.ts";
import { entryUrls } from "./entry-urls.ts";

/** Built name → source. What is apart from `worker` is loaded by it where it is needed: most pages never do. */
const SDK_ENTRIES = {
  index: "client-sdk/index.ts",
  worker: "client-sdk/worker.ts",
  ort: "client-sdk/ort.ts",
  ed25519: "client-sdk/ed25519.ts",
  react: "client-sdk/react.ts",
  devtools: "client-sdk/devtools/index.ts",
};

/** Frameworks that render on servers too must know what belongs to the page. */
const BANNERS: Readonly<Record<string, string>> = { react: '"use client";' };

const IMMUTABLE = "Cache-Control: public, max-age=31536000, immutable";

/** The strictest that the demo page works under; docs/csp.md says what each part is for. Its worker needs it as well. */
const POLICY = [
  "Content-Security-Policy: default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * For Cloudflare's assets. Names under assets/ carry a hash of the content, those under sdk/ the version; and a web worker
 * starts offline only when its script was served as immutable. The SDK is for pages of any origin, isolated ones too.
 */
const HEADERS = `/
  ${POLICY}
/service-worker.js
  ${POLICY}
/assets/*
  ${POLICY}
  ${IMMUTABLE}
/sdk/*
  ${IMMUTABLE}
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  X-Content-Type-Options: nosniff
`;

/** What a change of makes the builds stale. */
const SOURCES = ["client-sdk", "shared", "kernel", "examples/feed", "scripts"];

/** @param root the project's folder. */
export async function buildBrowser(root: string): Promise<void> {
  // Whoever starts the build (a test, say) may have set another; what is built is always for production.
  process.env["NODE_ENV"] = "production";
  await buildSdk(root, await scoresKernelText(root));
  await buildPage(root);
  await serveSdk(root);
}

/**
 * Writes `index.js`, `worker.js`, `ort.js`, `ed25519.js`, `react.js`, `devtools.js` and the wasm files they name.
 * @param kernel the scores kernel as base64
 */
export async function buildSdk(root: string, kernel: string): Promise<void> {
  const names = Object.entries(SDK_ENTRIES).map(([name, source]) => [join(root, source), `${name}.js`] as const);
  const urls = new Map(names);
  const define = { SCORES_KERNEL: JSON.stringify(kernel) };
  for (const [name, source] of Object.entries(SDK_ENTRIES)) {
    await build({
      ...shared(root),
      plugins: [entryUrls(urls)],
      define,
      build: {
        ...shared(root).build,
        outDir: join(root, "dist/browser"),
        emptyOutDir: false,
        rolldownOptions: {
          input: { [name]: join(root, source) },
          external: ["react"],
          preserveEntrySignatures: "strict",
          output: {
            entryFileNames: "[name].js",
            assetFileNames: "[name][extname]",
            codeSplitting: false,
            ...(BANNERS[name] !== undefined && { postBanner: BANNERS[name] }),
          },
        },
      },
    });
  }
}

async function buildPage(root: string): Promise<void> {
  const page = join(root, "examples/feed");
  const outDir = join(root, "dist/site");
  await build({
    ...shared(root),
    root: page,
    resolve: { alias: entryAliases(root) },
    worker: { format: "es" },
    build: { ...shared(root).build, outDir, emptyOutDir: true },
  });
  // The service worker keeps what was just built; it lies beside the page, because it rules only its own folder.
  const files = (await readdir(outDir, { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile())
    .map((file) => relative(outDir, join(file.parentPath, file.name)).replaceAll(sep, "/"));
  await build({
    ...shared(root),
    define: { PAGE_FILES: JSON.stringify(files.map((file) => (file === "index.html" ? "./" : file)).sort()) },
    build: {
      ...shared(root).build,
      outDir,
      emptyOutDir: false,
      rolldownOptions: {
        input: join(page, "service-worker.ts"),
        output: { entryFileNames: "[name].js", codeSplitting: false },
      },
    },
  });
  await writeFile(join(outDir, "_headers"), HEADERS);
}

/** What `nearfeed` and `nearfeed/…` are in the page: what a host app would get of them. */
function entryAliases(root: string): { find: RegExp; replacement: string }[] {
  const built = (name: string) => join(root, "dist/browser", `${name}.js`);
  return [
    { find: /^nearfeed$/, replacement: built("index") },
    { find: /^nearfeed\/(\w+)$/, replacement: built("$1") },
  ];
}

/** Puts the SDK beside the page, for `<script type="module">` of pages that have no bundler: /sdk/<version>/index.js. */
async function serveSdk(root: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  await cp(join(root, "dist/browser"), join(root, "dist/site/sdk", version), { recursive: true });
}

function shared(root: string): InlineConfig & { build: object } {
  return {
    root,
    base: "./",
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: {
      target: "es2022",
      modulePreload: { polyfill: false },
      // A worker or a wasm module as a data: URL is refused by most content security policies.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1000,
    },
  };
}

/** Whether both builds are newer than everything they are made from. */
export async function isBrowserFresh(root: string): Promise<boolean> {
  const built = await Promise.all([newestMs(join(root, "dist/browser")), newestMs(join(root, "dist/site"))]);
  const sources = await Promise.all(SOURCES.map((source) => newestMs(join(root, source))));
  return Math.min(...built) > Math.max(...sources);
}

/** The newest change of a file in the folder, as epoch ms; 0 where there is none. */
async function newestMs(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const times = names.map(async (name) => (await stat(join(folder, name))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}
