// The compiled scan kernel, as only a Worker can import it; a file of its own, so that all else loads in Node as well.

import scanModule from "../../kernel/scan.wasm";

/** kernel/scan.ts, compiled. */
export const kernelModule: WebAssembly.Module = scanModule;
