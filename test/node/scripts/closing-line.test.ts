import { expect, test } from "vitest";
import { closingLine, parseClosingLine } from "../../../scripts/closing-line.ts";

test("the closing line is read back as it was written", () => {
  for (const totals of [
    { passed: 12, failed: 0 },
    { passed: 0, failed: 3 },
  ]) {
    expect(parseClosingLine(`some output\n${closingLine(totals)}\n`)).toEqual(totals);
  }
});

test("a line that only mentions counts in the middle of the output is no closing line", () => {
  expect(parseClosingLine("3 passed, 0 failed\nand then it crashed")).toBeUndefined();
  expect(parseClosingLine("Tests 3 passed, 0 failed")).toBeUndefined();
});
