/** The lines that close `npm test`, `npm run check` and `.ci/run`, written and read in one place. */

export interface Totals {
  passed: number;
  failed: number;
}

export function closingLine({ passed, failed }: Totals): string {
  return `${passed} passed, ${failed} failed`;
}

/** @returns undefined when the output does not close with such a line. */
export function parseClosingLine(output: string): Totals | undefined {
  const match = /(?:^|\n)(\d+) passed, (\d+) failed\s*$/.exec(output);
  return match ? { passed: Number(match[1]), failed: Number(match[2]) } : undefined;
}

/** @param what - The test and its message, in one line. */
export function failureLine(what: string): string {
  return `failed: ${what}`;
}

/** @param what - A test that failed, passed when tried again, and how it had failed. */
export function unsteadyLine(what: string): string {
  return `unsteady: ${what}`;
}

/** @returns The lines of `failureLine` and `unsteadyLine`, as they came. */
export function parseTroubleLines(output: string): string[] {
  return output.split("\n").filter((line) => /^(failed|unsteady): /.test(line));
}
