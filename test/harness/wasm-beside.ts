/** An esbuild plugin for Workers: keeps imports of wasm, which a Worker may not compile from bytes, and says which files they are. */
import { basename, join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Every wasm file that is imported is expected beside the bundle, under its own name.
 *
 * @param onFile told the path of each; called again where it is imported again
 */
export function wasmBeside(onFile: (path: string, name: string) => void | Promise<void>): Plugin {
  return {
    name: "wasm-beside",
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir }) => {
        const name = basename(path);
        await onFile(join(resolveDir, path), name);
        return { path: `./${name}`, external: true };
      });
    },
  };
}
