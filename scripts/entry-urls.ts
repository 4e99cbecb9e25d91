/**
 * A vite plugin for the SDK's build: keeps `new URL("./worker.ts", import.meta.url)` a literal in what is published,
 * pointing at the built file, so that the bundler of a host app sees it and takes the file along. Vite alone would
 * inline the file, or write an expression that no other bundler recognises.
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import type { Plugin } from "vite";

const URL_PATTERN = /new URL\(\s*"(\.[^"]+)",\s*import\.meta\.url,?\s*\)/g;

/** An import of an address that is known only when the page runs. */
const RUNTIME_IMPORT = /\bimport\((?=[\w$.]+\))/g;
/** A bundler would warn of it, or put a module of its own making in its place. Minifying drops such comments. */
const LEAVE_ALONE = "/* @vite-ignore */ /* webpackIgnore: true */ ";

/**
 * @param entries absolute source path → name of the built file (`/…/client-sdk/worker.ts` → `worker.js`).
 * Other files that are named this way (a `.wasm`) are copied beside the entries under their own name.
 */
export function entryUrls(entries: ReadonlyMap<string, string>): Plugin {
  const assets = new Map<string, string>();
  return {
    name: "nearfeed:entry-urls",
    enforce: "pre",
    /** An entry that imports another goes on doing so: an app that uses both has the other once. */
    resolveId(source, importer) {
      const built = importer && source.startsWith(".") && entries.get(resolve(dirname(importer), source));
      return built ? { id: `./${built}`, external: true } : null;
    },
    transform(code, id) {
      if (id.includes("/node_modules/") || !code.includes("import.meta.url")) return null;
      const replaced = code.replace(URL_PATTERN, (_, relative: string) => {
        const path = resolve(dirname(id), relative);
        const built = entries.get(path);
        if (!built && extname(path) !== ".wasm") {
          this.error(`new URL("${relative}") names neither an entry of the build nor a .wasm file.`);
        }
        if (!built) assets.set(basename(path), path);
        return `new URL(/* @vite-ignore */ "./${built ?? basename(path)}", import.meta.url)`;
      });
      return { code: replaced, map: null };
    },
    async generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk") file.code = file.code.replaceAll(RUNTIME_IMPORT, `import(${LEAVE_ALONE}`);
      }
      for (const [fileName, path] of assets) {
        this.emitFile({ type: "asset", fileName, source: await readFile(path) });
      }
    },
  };
}
