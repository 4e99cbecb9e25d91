import { test } from "vitest";
import { kernelModule } from "../../edge/retrieval/kernel-module.ts";
import { createScanKernel } from "../../edge/retrieval/scan-kernel.ts";
import { checkKernel } from "../harness/kernel-twin.ts";

/** Hundreds of searches and their twins take two seconds alone, and more beside other tests. */
const TIMEOUT_MS = 60_000;

test(
  "in workerd the kernel finds the rows of the plain scan, in their order, for any search",
  { timeout: TIMEOUT_MS },
  () => {
    const kernel = (bytes: number) => createScanKernel(kernelModule, bytes);
    checkKernel(kernel, 300);
  },
);
