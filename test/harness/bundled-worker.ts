/**
 * A vite plugin for the browser tests: serves the SDK's web worker as one file. Every test starts a worker or several, and
 * each would otherwise ask for the hundred modules it consists of, one request each.
 */
import { join } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "vite";

/**
 * @param root the project's folder
 * @param define constants that the build of the SDK sets too
 */
export function bundledWorker(root: string, define: Record<string, string>): Plugin {
  const worker = join(root, "client-sdk/worker.ts");
  return {
    name: "nearfeed:bundled-worker",
    enforce: "pre",
    async load(id) {
      if (id.split("?")[0] !== worker) return null;
      const { outputFiles, metafile } = await build({
        absWorkingDir: root,
        entryPoints: [worker],
        bundle: true,
        format: "esm",
        target: "es2022",
        define,
        write: false,
        metafile: true,
        sourcemap: false,
      });
      for (const input of Object.keys(metafile.inputs)) this.addWatchFile(join(root, input));
      return outputFiles[0]!.text;
    },
  };
}
