import { expect, test } from "vitest";
import { replaceSection } from "../../../bench/harness/benchmarks-page.ts";
import { parseRow } from "../../../bench/schema.ts";

const timed = { id: "rank-1000", unit: "ms", p50: 3, p95: 5.25, n: 300 };

test("a row is either timed or counted", () => {
  expect(parseRow(timed)).toEqual(timed);
  expect(parseRow({ id: "model-bytes", unit: "bytes", value: 0 })).toEqual({
    id: "model-bytes",
    unit: "bytes",
    value: 0,
  });
  expect(() => parseRow({ ...timed, value: 1 })).toThrow("value alone");
  expect(() => parseRow({ id: "rank-1000", unit: "ms", p50: 1, p95: 2 })).toThrow("p50, p95 and n");
  expect(() => parseRow({ id: "rank-1000", unit: "ms" })).toThrow("p50, p95 and n");
});

test("a timed row may tell its slowest hundredth", () => {
  expect(parseRow({ ...timed, p99: 9 })).toEqual({ ...timed, p99: 9 });
  expect(() => parseRow({ ...timed, p99: 5 })).toThrow("p99 is 5, expected at least p95 (5.25)");
  expect(() => parseRow({ id: "model-bytes", unit: "bytes", value: 0, p99: 1 })).toThrow("p50, p95 and n beside it");
});

test("a malformed row is refused by the name of its field", () => {
  expect(() => parseRow({ ...timed, p95: 2 })).toThrow("p95 is 2, expected at least p50 (3)");
  expect(() => parseRow({ ...timed, p50: Number.NaN })).toThrow("p50");
  expect(() => parseRow({ ...timed, n: 0.5 })).toThrow("n is 0.5");
  expect(() => parseRow({ ...timed, id: "Rank 1000" })).toThrow("kebab-case");
  expect(() => parseRow({ ...timed, unit: undefined })).toThrow("unit");
  expect(() => parseRow({ ...timed, variant: "" })).toThrow("variant");
  expect(() => parseRow({ ...timed, p999: 9 })).toThrow("p999 is 9, expected a known field");
  for (const value of [null, [], "row", 3]) expect(() => parseRow(value)).toThrow("expected an object");
});

test("writing a section twice changes nothing, and leaves the other sections alone", () => {
  const section = (suite: string, p50: number) => {
    return { suite, command: suite, seed: 1, machine: "a machine", rows: [{ ...timed, p50 }] };
  };
  const first = replaceSection("# Benchmarks\n", section("rank", 1));
  const both = replaceSection(first, section("size", 2));
  expect(both.startsWith(first.trimEnd())).toBe(true);
  const updated = replaceSection(both, section("rank", 3));
  expect(updated).not.toBe(both);
  expect(updated.slice(updated.indexOf("<!-- bench:size"))).toBe(both.slice(both.indexOf("<!-- bench:size")));
  expect(replaceSection(updated, section("rank", 3))).toBe(updated);
});
