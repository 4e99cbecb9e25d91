import * as fc from "fast-check";
import { expect, test } from "vitest";
import { kernelModule } from "../../edge/retrieval/kernel-module.ts";
import { createScanKernel } from "../../edge/retrieval/scan-kernel.ts";
import { kernelCase, kernelRows, twinRows } from "../harness/kernel-twin.ts";

test("in workerd the kernel finds the rows of the plain scan, in their order, for any rows, queries and mask", () => {
  const kernel = (bytes: number) => createScanKernel(kernelModule, bytes);
  fc.assert(
    fc.property(kernelCase, (searched) => {
      expect(kernelRows(kernel, searched)).toEqual(twinRows(searched));
    }),
    { numRuns: 500 },
  );
});
