/**
 * A vite plugin for the browser tests. Vitest wraps every `import()` in a call to its module mocker, which does not
 * exist in the SDK's web worker. Nothing is mocked here, so the SDK keeps its own `import()`.
 */
import type { Plugin } from "vite";

/** Vitest leaves a module alone that already holds this word. */
const MARK = "\n// wrapDynamicImport";

export function plainDynamicImports(): Plugin {
  return {
    name: "nearfeed:plain-dynamic-imports",
    enforce: "post",
    transform: (code, id) =>
      id.includes("/client-sdk/") && /\bimport\s*\(/.test(code) ? { code: code + MARK, map: null } : null,
  };
}
