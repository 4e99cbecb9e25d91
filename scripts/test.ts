/**
 * `npm test [-- vitest's arguments]`: runs the test projects; the last line is `N passed, N failed`.
 * What fails outside a test (a file that does not load, an unhandled error, a type error in a source) counts as failed.
 */
import { parseCLI, startVitest, type Vitest } from "vitest/node";
import { closingLine, type Totals } from "./closing-line.ts";

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
const totals = countResults(vitest);
await vitest.close();
const failed = totals.failed || totals.passed === 0 || process.exitCode;
console.log(closingLine(totals));
// A server or a browser that a test left open must not keep this process.
process.exit(failed ? 1 : 0);

function countResults({ state }: Vitest): Totals {
  const counted = { passed: 0, failed: state.getUnhandledErrors().length };
  for (const module of state.getTestModules()) {
    for (const test of module.children.allTests()) {
      const outcome = test.result().state;
      if (outcome === "passed" || outcome === "failed") counted[outcome] += 1;
    }
    if (module.errors().length > 0) counted.failed += 1;
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counted.failed += 1;
  }
  return counted;
}
