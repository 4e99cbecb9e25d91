/**
 * `npm test [-- vitest's arguments]`: runs the test projects. At the end it names the slowest files and, a line each, what
 * passed only when tried again and what failed; the last line is `N passed, N failed`.
 * What fails outside a test (a file that does not load, an unhandled error, a type error in a source) counts as failed.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCLI, startVitest, type TestModule, type Vitest } from "vitest/node";
import { closingLine, failureLine, unsteadyLine } from "./closing-line.ts";

/** Files whose time is worth a line, when many ran. */
const SLOWEST_FILES = 12;

// Tests start the command line, wrangler and edges some hundred times: what they load is compiled once.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "node-compile-cache");

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
const modules = vitest.state.getTestModules();
const results = countResults(vitest);
await vitest.close();
for (const line of slowest(modules)) console.log(line);
for (const test of results.unsteady) console.log(unsteadyLine(test));
for (const failure of results.failures) console.log(failureLine(failure));
const failed = results.failures.length > 0 || results.passed === 0 || process.exitCode;
console.log(closingLine({ passed: results.passed, failed: results.failures.length }));
// A server or a browser that a test left open must not keep this process.
process.exit(failed ? 1 : 0);

function countResults({ state }: Vitest): { passed: number; unsteady: string[]; failures: string[] } {
  let passed = 0;
  const unsteady: string[] = [];
  const failures = state.getUnhandledErrors().map((error) => `outside a test: ${firstLine(error)}`);
  for (const module of state.getTestModules()) {
    const file = `${module.project.name} ${module.relativeModuleId}`;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === "passed") passed += 1;
      if (test.diagnostic()?.flaky) unsteady.push(`${file} > ${test.fullName}: ${firstLine(result.errors?.[0])}`);
      if (result.state === "failed") failures.push(`${file} > ${test.fullName}: ${firstLine(result.errors[0])}`);
    }
    if (module.errors().length > 0) failures.push(`${file}: ${firstLine(module.errors()[0])}`);
    for (const suite of module.children.allSuites()) {
      if (suite.errors().length > 0) failures.push(`${file} > ${suite.fullName}: ${firstLine(suite.errors()[0])}`);
    }
  }
  return { passed, unsteady, failures };
}

function firstLine(error: unknown): string {
  // What comes from another thread or page has no prototype.
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return String(message).split("\n")[0] ?? "";
}

function slowest(all: readonly TestModule[]): string[] {
  if (all.length <= SLOWEST_FILES) return [];
  const timed = all.map((module) => ({ module, ms: module.diagnostic().duration }));
  timed.sort((a, b) => b.ms - a.ms);
  return timed
    .slice(0, SLOWEST_FILES)
    .map(({ module, ms }) => `slow: ${(ms / 1000).toFixed(1).padStart(6)} s  ${module.relativeModuleId}`);
}
