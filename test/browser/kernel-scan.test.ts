/** That the SDK carries its kernel into a browser. What lists are without wasm is floors.test.ts. */
import { expect, test, vi } from "vitest";
import { kernelScan } from "../../client-sdk/engine/kernel-scan.ts";
import { plainScan } from "../../shared/scan.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";

test("a table is scanned by the kernel, to the bit as the plain scan does it", async () => {
  const { columns } = (await syntheticRelease({ items: 2_000, dim: 64 })).index;
  const query = Float64Array.from({ length: 64 }, (_, j) => Math.sin(j));
  const [got, expected] = [new Float32Array(columns.size), new Float32Array(columns.size)];
  const instances = vi.spyOn(WebAssembly, "Instance");
  kernelScan(columns)([query], [got]);
  plainScan(columns)([query], [expected]);
  expect(got).toEqual(expected);
  expect(instances).toHaveBeenCalledTimes(1);
});
