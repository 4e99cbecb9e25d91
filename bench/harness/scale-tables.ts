/** docs/scale.md: the tables of the audiences that it shows, as `nearfeed estimate` prints them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { billTable, limitLines } from "../../trainer/estimate/bill-table.ts";
import { catalogueOfSize } from "../../trainer/estimate/catalogue.ts";
import { DEFAULTS, estimateMonth } from "../../trainer/estimate/estimate.ts";
import type { Measured } from "../../trainer/estimate/measured.ts";
import { replaceMarked } from "./marked.ts";

/** Read anew each time: a bench may just have written it. */
const MEASURED = join(import.meta.dirname, "../../trainer/estimate/measured.json");

/** By the name of the marked part; the page shows the command that prints each. */
export const AUDIENCES = {
  "scale:10-thousand": { people: 10_000, items: 10_000, isolates: DEFAULTS.isolates },
  "scale:1-million": { people: 1_000_000, items: 100_000, isolates: 100 },
  "scale:100-million": { people: 100_000_000, items: 1_000_000, isolates: 2_000 },
} as const;

/** The command that prints a table, and the table. */
function renderAudience(
  { people, items, isolates }: (typeof AUDIENCES)[keyof typeof AUDIENCES],
  measured: Measured,
): string {
  const workload = { ...DEFAULTS.workload, people };
  const catalogue = catalogueOfSize(items, measured);
  const estimates = estimateMonth({ ...DEFAULTS, workload, isolates, catalogue }, measured);
  const limits = limitLines(estimates).map((line) => `- ${line}`);
  const command = `npx nearfeed estimate --people ${people} --items ${items} --isolates ${isolates}`;
  return ["```sh", command, "```", "", ...billTable(estimates), "", ...limits].join("\n");
}

/** The page with its tables as they are now. */
export async function replaceAudiences(page: string): Promise<string> {
  const measured = JSON.parse(await readFile(MEASURED, "utf8")) as Measured;
  return Object.entries(AUDIENCES).reduce(
    (text, [name, audience]) => replaceMarked(text, name, renderAudience(audience, measured)),
    page,
  );
}
