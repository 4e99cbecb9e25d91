/**
 * `npm run check`: everything that must hold before a change lands, each step with its time. All steps run even after
 * one failed. The report repeats the tests that failed or passed only when tried again; the last line counts the tests, and every other step as one more.
 */
import { join } from "node:path";
import { closingLine, parseClosingLine, parseTroubleLines, type Totals } from "./closing-line.ts";
import { run } from "./run.ts";

const root = join(import.meta.dirname, "..");

/** The build comes before the tests: the end-to-end tests open the built page. */
const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["format", "oxfmt", "--check", "."],
  ["lint", "oxlint", "."],
  ["build", "node", "scripts/build.ts"],
  ["types", "tsc", "-b"],
  ["tests", "node", "scripts/test.ts"],
  ["size budget", "node", "bench/harness/size-budget.ts"],
  ["exports", "node", "scripts/check-exports.ts"],
  ["deploy --dry-run", "wrangler", "deploy", "--dry-run", "--outdir", ".wrangler/dry-run"],
];

/** No step sends anything or asks a registry for news. */
const QUIET = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_WRITE_LOGS: "false" };

const totals: Totals = { passed: 0, failed: 0 };
const report: string[] = [];
for (const [name, command, ...args] of STEPS) {
  console.log(`\n── ${name}: ${command} ${args.join(" ")}`);
  const startMs = performance.now();
  const { code, output } = await run(command, args, { cwd: root, env: QUIET });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const counted = name === "tests" ? parseClosingLine(output) : undefined;
  totals.passed += counted?.passed ?? (code === 0 ? 1 : 0);
  totals.failed += counted?.failed || (code === 0 ? 0 : 1);
  report.push(`${code === 0 ? "ok    " : "FAILED"} ${seconds.padStart(6)} s  ${name}`);
  report.push(...parseTroubleLines(output).map((line) => `         ${line}`));
}
console.log(`\n${report.join("\n")}\n\n${closingLine(totals)}`);
process.exitCode = totals.failed === 0 ? 0 : 1;
