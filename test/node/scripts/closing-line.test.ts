import { expect, test } from "vitest";
import {
  closingLine,
  failureLine,
  parseClosingLine,
  parseTroubleLines,
  unsteadyLine,
} from "../../../scripts/closing-line.ts";

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

test("what failed, once or for good, is found again among other output", () => {
  const lines = [
    unsteadyLine("e2e c.test.ts > opens: too late"),
    failureLine("node a.test.ts > adds: expected 3 to be 4"),
    failureLine("outside a test: boom"),
  ];
  const output = ["✓ b.test.ts", "it failed: no", ...lines, closingLine({ passed: 1, failed: 2 })].join("\n");
  expect(parseTroubleLines(output)).toEqual(lines);
});
