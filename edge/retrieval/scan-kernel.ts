// The functions of kernel/scan.ts over one block of memory. Not the search: where things lie and in which order rows are
// scanned is index-memory.ts.

/** Addresses are bytes into `memory`. What the parameters mean stands in kernel/scan.ts. */
export interface ScanKernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  scan(
    vectors: number,
    scale: number,
    dim: number,
    from: number,
    to: number,
    mask: number,
    levels: number,
    numbers: number,
    step: number,
    slack: number,
    heap: number,
    size: number,
    count: number,
  ): number;
  sort(heap: number, size: number): void;
}

const PAGE_BYTES = 65_536;

/**
 * Makes a kernel with a memory of at least `bytes`, all zero. The memory never grows, so views of it stay valid.
 * @param module kernel/scan.wasm, compiled
 */
export function createScanKernel(module: WebAssembly.Module, bytes: number): ScanKernel {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { scan, sort } = exports as unknown as Pick<ScanKernel, "scan" | "sort">; // what kernel/scan.ts exports
  return { memory, scan, sort };
}
