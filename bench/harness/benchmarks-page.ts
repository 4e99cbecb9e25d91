/** BENCHMARKS.md: a section for each result, between markers; what is outside them is left as it is. */
import { hasMarked, replaceMarked } from "./marked.ts";
import type { Measured, Result } from "./results.ts";
import { formatTable } from "./table.ts";

/** What stands between the markers of a suite. */
export function renderSection({ suite, command, seed, machine, measured, rows }: Result): string {
  const facts = [`\`${command}\``, `seed ${seed}`, machine, ...(measured ? [describe(measured)] : [])];
  return `## ${suite}\n\n${facts.join(" · ")}\n\n${formatTable(rows)}`;
}

function describe({ seconds, date, commit }: Measured): string {
  return `${seconds.toLocaleString("en-US")} s, on ${date} at ${commit}`;
}

/** A suite that has no section yet gets one at the end. */
export function replaceSection(page: string, result: Result): string {
  const name = `bench:${result.suite}`;
  const marked = hasMarked(page, name) ? page : `${page.trimEnd()}\n\n<!-- ${name} -->\n<!-- /${name} -->\n`;
  return replaceMarked(marked, name, renderSection(result));
}
